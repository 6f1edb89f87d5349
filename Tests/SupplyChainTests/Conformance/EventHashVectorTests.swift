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
        var hashes: [String]
        var testDescription: String { file.lastPathComponent }
    }

    static let cases: [Case] = VectorFolder.files("epcis-hash", endingWith: ".hashes").flatMap { url -> [Case] in
        let hashes = ((try? String(contentsOf: url, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
        return ["xml", "jsonld", "json"].compactMap { kind in
            let file = url.deletingPathExtension().appendingPathExtension(kind)
            return FileManager.default.fileExists(atPath: file.path) ? Case(file: file, hashes: hashes) : nil
        }
    }

    /// Fields that a document of this name asks to leave out are the document's own rule, which callers apply.
    static func events(_ file: URL) throws -> [(event: JSONNode, namespaces: Namespaces, ignored: Set<String>)] {
        var bytes = Array(try Data(contentsOf: file))
        if file.pathExtension == "xml" {
            // Some published files carry a DOCTYPE, which the reader refuses.
            let text = String(decoding: bytes, as: UTF8.self).replacing(/<!DOCTYPE[^>]*>/, with: "")
            bytes = try XMLEvents.document(of: XMLTree(parsing: Array(text.utf8))).serialized()
        }
        let root = try JSONDocument(parsing: bytes).root
        var namespaces = Namespaces()
        namespaces.take(root["@context"])
        // A document may name fields to leave out; in XML the test reads them itself.
        let ignored = namespaces.ignoredFields(of: root)
        let body = root["epcisBody"]
        let list =
            body?["eventList"] ?? body?["queryResults"]?["resultsBody"]?["eventList"]
        let events = list.map { Array($0.elements) } ?? body?["event"].map { [$0] } ?? []
        return events.map { event in
            var own = namespaces
            own.take(event["@context"])
            return (event, own, ignored)
        }
    }

    @Test(arguments: cases) func `every event has the published hash`(_ item: Case) throws {
        let events = try Self.events(item.file)
        let hashes = events.map { EventHash.compute($0.event, namespaces: $0.namespaces, ignoring: $0.ignored) }
        #expect(hashes.count == item.hashes.count)
        for (index, (hash, wanted)) in zip(hashes, item.hashes).enumerated() {
            let isSame = hash == wanted
            #expect(
                isSame,
                "event \(index): \(EventHash.prehash(events[index].event, namespaces: events[index].namespaces))")
        }
    }

    @Test func `identifiers have their canonical form`() throws {
        let root = try JSONDocument(parsing: VectorFolder.bytes("epcis-hash", "identifier-normalisation.json")).root
        for pair in root.elements {
            let input = pair["input"]?.string ?? ""
            let isSame = GS1Identifier.canonical(input) == pair["canonical"]?.string
            #expect(isSame, "\(input): \(GS1Identifier.canonical(input) ?? "nil")")
        }
    }
}
