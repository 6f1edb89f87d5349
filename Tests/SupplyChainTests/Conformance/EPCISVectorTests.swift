import Codec
import Foundation
import SchemaValidation
import SupplyChain
import TestSupport
import Testing

/// The official example documents: each reads, and comes back from every binding with the same hashes.
@Suite(.enabled(if: VectorFolder.shouldRun("epcis")))
struct EPCISVectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var file: URL
        var testDescription: String { file.pathComponents.suffix(2).joined(separator: "/") }
    }

    /// Documents whose examples begin with a DOCTYPE, which the XML reader refuses whatever it says; read without it.
    static let withDocumentType = "<!DOCTYPE"

    /// XML files of the set that are no EPCIS documents: answers of a capture job.
    static let others = ["CaptureJob"]

    static let documents: [Case] =
        (VectorFolder.files("epcis", endingWith: ".jsonld").filter { $0.path.contains("/JSON/") }
        + VectorFolder.files("epcis", endingWith: ".xml")).filter { file in
            !others.contains { file.path.contains("/\($0)/") }
        }.map { Case(file: $0) }

    static func read(_ item: Case) throws -> EPCISDocument {
        try Documents.read(EventHashVectorTests.withoutDocumentType(VectorFolder.bytes(of: item.file)))
    }

    @Test(arguments: documents) func `the document reads`(_ item: Case) throws {
        let document = try Self.read(item)
        let isMasterData =
            item.file.lastPathComponent.lowercased().contains("masterdata") || item.file.path.contains("CBV-11.4")
        #expect(document.events.isEmpty == isMasterData)
    }

    @Test(arguments: documents, EPCISBinding.allCases)
    func `the document comes back with the same hashes`(_ item: Case, _ binding: EPCISBinding) throws {
        let document = try Self.read(item)
        let written = binding == .jsonLD ? try document.jsonLD() : try document.xml(binding)
        let back = try Documents.read(written)
        for order in EventHash.Order.allCases {
            #expect(back.eventHashes(order: order) == document.eventHashes(order: order), "\(Documents.text(written))")
        }
    }

    @Test(arguments: documents) func `the way through all bindings keeps the hashes`(_ item: Case) throws {
        let document = try Self.read(item)
        var current = document
        for binding in [EPCISBinding.xml12, .jsonLD, .xml20, .jsonLD, .xml12] {
            current = try Documents.read(binding == .jsonLD ? current.jsonLD() : current.xml(binding))
        }
        #expect(current.eventHashes() == document.eventHashes())
    }

    @Test(arguments: documents) func `each event's record hashes alone to the event's hash`(_ item: Case) throws {
        let document = try Self.read(item)
        for event in document.events {
            var bare = event
            bare.recordTime = []
            let record = try document.recordDocument(for: event)
            #expect(EventHash.compute(document: record) == EventHash.compute(bare, ignoring: document.ignoredFields))
        }
    }
}
