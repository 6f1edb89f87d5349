import Codec
import Foundation
import TestSupport
import Testing

@testable import SchemaValidation

/// Our own EPCIS schemas against the official ones: they accept and refuse the same documents.
@Suite("EPCIS schemas agree with the official ones", .enabled(if: VectorFolder.shouldRun("epcis")))
struct EPCISAgreementTests {
    /// Mutations of each official document.
    static let mutationsPerDocument = 60
    /// Mutations of each kind of document at the least, so that a set of few documents gets more of each.
    static let mutationsMin = 500

    static func official() throws -> JSONSchema {
        let bytes = try VectorFolder.bytes("epcis", "EPCIS-JSON-Schema.json")
        return try JSONSchema(compiling: try JSONDocument(parsing: bytes), registry: try SchemaRegistry.standard)
    }

    static func officialXML(_ folder: String, _ main: String) throws -> XMLSchema {
        var documents: [String: [UInt8]] = [:]
        for file in VectorFolder.files("epcis", endingWith: ".xsd") where file.path.contains("/epcis/\(folder)/") {
            documents[file.lastPathComponent] = try VectorFolder.bytes(of: file)
        }
        return try XMLSchema(documents: documents, main: main)
    }

    @Test("on every JSON document and its mutations")
    func json() throws {
        let official = try Self.official()
        let own = try EPCISSchemas.json20()
        let files = VectorFolder.files("epcis", endingWith: ".jsonld").filter { $0.path.contains("/epcis/JSON/") }
        #expect(!files.isEmpty)
        var random = SeededGenerator(seed: 20)
        var (count, refused) = (0, 0)
        for file in files {
            let bytes = try VectorFolder.bytes(of: file)
            let document = try JSONDocument(parsing: bytes)
            #expect(official.accepts(document), "\(file.lastPathComponent)")
            #expect(own.validate(document) == [], "\(file.lastPathComponent)")
            for _ in 0..<Self.mutationsPerDocument {
                var mutant = JSON(document.root)
                JSONMutation.apply(to: &mutant, using: &random)
                let text = mutant.serialized()
                guard let parsed = try? JSONDocument(parsing: text) else { continue }
                let expected = official.accepts(parsed)
                count += 1
                if !expected { refused += 1 }
                let agrees = own.accepts(parsed) == expected
                #expect(
                    agrees, "\(file.lastPathComponent), official \(expected): \(String(decoding: text, as: UTF8.self))")
                #expect(own.validate(parsed).isEmpty == own.accepts(parsed))
            }
        }
        #expect(
            count >= Self.mutationsMin && refused >= 200 && count - refused >= 100,
            "\(count) mutations, \(refused) refused")
    }

    struct XMLSet: Sendable, CustomTestStringConvertible {
        let name: String
        let folder: String
        let main: String
        let documents: String
        let root: String
        let own: @Sendable () throws -> XMLSchema
        var testDescription: String { name }
    }

    static let xmlSets = [
        XMLSet(
            name: "2.0", folder: "XSD", main: "EPCglobal-epcis-2_0.xsd", documents: "/epcis/XML/", root: ":2}EPCIS",
            own: { try EPCISSchemas.xml20() }),
        XMLSet(
            name: "2.0 master data", folder: "XSD", main: "EPCglobal-epcis-masterdata-2_0.xsd",
            documents: "/epcis/XML/", root: "masterdata:xsd:2}", own: { try EPCISSchemas.masterData20() }),
        XMLSet(
            name: "1.2", folder: "XSL/1.2/XSD", main: "EPCglobal-epcis-1_2.xsd", documents: "/epcis/XSL/1.2/XML/",
            root: ":1}EPCIS", own: { try EPCISSchemas.xml12() }),
    ]

    @Test("on every XML document and its mutations", arguments: xmlSets)
    func xml(set: XMLSet) throws {
        let official = try Self.officialXML(set.folder, set.main)
        let own = try set.own()
        var random = SeededGenerator(seed: 12)
        var (count, refused) = (0, 0)
        var documents: [(file: URL, text: String)] = []
        for file in VectorFolder.files("epcis", endingWith: ".xml") where file.path.contains(set.documents) {
            // Some examples carry an empty DOCTYPE, which no reader of ours takes: without it they are as good as any.
            let bytes = try VectorFolder.bytes(of: file)
            let text = String(decoding: bytes, as: UTF8.self).replacing("<!DOCTYPE project>", with: "")
            let tree = try XMLTree(parsing: Array(text.utf8))
            guard tree.root.name.description.contains(set.root),
                tree.root.namespace.contains("masterdata") == set.name.contains("master")
            else { continue }
            documents.append((file, text))
            #expect(try official.validate(Array(text.utf8)) == [], "\(file.lastPathComponent)")
            #expect(try own.validate(Array(text.utf8)) == [], "\(file.lastPathComponent)")
        }
        try #require(!documents.isEmpty)
        // Some mutants are no XML any more and do not count: twice as many are tried as are wanted.
        let tries = max(Self.mutationsPerDocument, 2 * Self.mutationsMin / documents.count + 1)
        for (file, text) in documents {
            for _ in 0..<tries {
                guard let mutant = XMLMutation.mutant(of: text, using: &random),
                    let expected = try? official.validate(Array(mutant.utf8)).isEmpty
                else { continue }
                count += 1
                if !expected { refused += 1 }
                let agrees = try own.validate(Array(mutant.utf8)).isEmpty == expected
                #expect(agrees, "\(file.lastPathComponent), official \(expected): \(mutant)")
            }
        }
        #expect(
            count >= Self.mutationsMin && refused >= 100 && count - refused >= 50,
            "\(documents.count) documents, \(count) mutations, \(refused) refused")
    }
}
