import Codec
import Foundation
import SchemaValidation
import SupplyChain
import TestSupport
import Testing

/// The published event hashes: every document's `.hashes` file is authoritative, one hash an event in document order.
@Suite(.enabled(if: VectorFolder.shouldRun("epcis-hash")))
struct EventHashVectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var file: URL
        var expected: URL
        var testDescription: String { file.lastPathComponent }
    }

    /// The documents that have a file of expectations beside them.
    static func cases(_ kind: String) -> [Case] {
        VectorFolder.files("epcis-hash", endingWith: kind).flatMap { url -> [Case] in
            ["xml", "jsonld", "json"].compactMap { ending in
                let file = url.deletingPathExtension().appendingPathExtension(ending)
                return FileManager.default.fileExists(atPath: file.path) ? Case(file: file, expected: url) : nil
            }
        }
    }

    /// Lines with something in them; one file has an empty line too many.
    static func lines(_ url: URL) throws -> [String] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Pre-hash files that do not hash to their `.hashes`, which hold: the text is cut or outdated.
    static let stale: Set<String> = [
        "epcisDocWithAllGS1Keys", "epcisDocWithCustomSchemaInContext", "epcisDocWithDefaultSchemaInContext",
    ]

    @Test(arguments: cases(".hashes")) func `every event has the published hash`(_ item: Case) throws {
        let document = try Documents.read(VectorFolder.bytes(of: item.file))
        let expected = try Self.lines(item.expected)
        #expect(document.eventHashes() == expected)
    }

    @Test(arguments: cases(".prehashes")) func `every event has the published pre-hash`(_ item: Case) throws {
        let document = try Documents.read(VectorFolder.bytes(of: item.file))
        let prehashes = document.events.map {
            Documents.text(EventHash.prehash($0, ignoring: document.ignoredFields))
        }
        let expected = try Self.lines(item.expected)
        if Self.stale.contains(item.file.deletingPathExtension().lastPathComponent) {
            #expect(prehashes != expected)
        } else {
            #expect(prehashes == expected)
        }
    }

    @Test(arguments: VectorFolder.files("epcis-hash", endingWith: "").filter { $0.path.contains("/expected_equal/") })
    func `all events of the document have one hash`(_ file: URL) throws {
        let hashes = try Documents.read(VectorFolder.bytes(of: file)).eventHashes()
        #expect(hashes.count > 1)
        #expect(Set(hashes).count == 1)
    }

    /// GS1's seven documents of one event, for which the reference program finds four hashes.
    ///
    /// Offsets differ in 2, and `xsi:type` attributes stand only in some XML. What agrees there agrees here.
    @Test func `documents that agree by the reference program agree`() throws {
        let files = VectorFolder.files("epcis-hash", endingWith: ".xml").filter { $0.path.contains("WithEventHashID") }
        let hashes = try files.filter { file in ["_1.", "_3.", "_4.", "_5."].contains { file.path.contains($0) } }
            .flatMap { try Documents.read(Self.withoutDocumentType(VectorFolder.bytes(of: $0))).eventHashes() }
        #expect(hashes.count == 4)
        #expect(Set(hashes).count == 1)
    }

    static func withoutDocumentType(_ bytes: [UInt8]) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).replacing(/<!DOCTYPE[^>]*>/, with: "").utf8)
    }

    @Test func `identifiers have their canonical form`() throws {
        let pairs = try JSONDocument(parsing: VectorFolder.bytes("epcis-hash", "identifier-normalisation.json")).root
        for pair in pairs.elements {
            let input = try #require(pair["input"]?.utf8)
            let canonical = GS1Identifier.canonicalDigitalLink(input)
            #expect(canonical.map(Documents.text) == pair["canonical"]?.string, "\(Documents.text(input))")
        }
    }
}
