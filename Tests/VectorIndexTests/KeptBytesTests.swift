import Foundation
import TestSupport
import Testing

@testable import VectorIndex

/// Bytes of today's formats, kept under Tests/Vectors/vector-index: a change of a format must be meant.
struct KeptBytesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/vector-index")

    /// A collection of 200 vectors around four centres, and the queries of the fuzz targets.
    private static func made() throws -> [(name: String, bytes: [UInt8])] {
        var random = SeededGenerator(seed: 77)
        var ledger = try Ledger(metric: .squaredL2, dimension: 8)
        let centres = (0..<4).map { _ in random.vector(8, spread: 90) }
        for number in 0..<200 {
            let vector = random.vector(8, around: centres[number % 4], spread: 30)
            try ledger.insert(Ledger.subject(number), vector, tag: UInt32(number % 2))
        }
        ledger.commit(settling: 20)
        let vector: [Int8] = [90, -20, 33, 4, -51, 60, 7, 0]
        func probes(_ supers: Int, _ lists: Int, _ finalists: Int) -> SearchQuery.Mode {
            .approximate(SearchQuery.Probes(supers: supers, lists: lists, finalists: finalists))
        }
        func proof(_ query: SearchQuery) throws -> SearchProof {
            try SearchProof.make(of: query, in: ledger.collection, state: ledger.state) { _ in [1, 2, 3] }.proof
        }
        let approximate = try proof(SearchQuery(vector, mode: probes(2, 2, 6), limit: 4))
        return [
            ("vector-parameters", ledger.collection.parameters.encoded()),
            ("search-proof", approximate.encoded()),
            ("search-body-approximate", approximate.body),
            ("search-body-filtered", try proof(SearchQuery(vector, mode: probes(1, 3, 5), limit: 4, tag: 1)).body),
            ("search-body-exact", try proof(SearchQuery(vector, mode: .exact, limit: 4)).body),
        ]
    }

    @Test func `today's bytes are the kept ones`() throws {
        for (name, bytes) in try Self.made() {
            let file = Self.folder.appending(path: "\(name).hex")
            let text = bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined() + "\n"
            if ProcessInfo.processInfo.environment["VIVIAN_KEEP"] == "1" {
                try Data(text.utf8).write(to: file)
            }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name)")
        }
    }

    @Test func `a body under a head of its own is believed by nobody but who says so`() throws {
        let body = try #require(try Self.made().first { $0.name == "search-body-exact" }).bytes
        let query = SearchQuery([90, -20, 33, 4, -51, 60, 7, 0], mode: .exact, limit: 4)
        let proof = try #require(SearchProof(unprovenBody: body, of: query))
        #expect(throws: ProofFailure.notProven) { try proof.verify(query) { _ in false } }
        #expect(try proof.verify(query) { _ in true }.count == 4)
        #expect(SearchProof(unprovenBody: Array(body.dropLast()), of: query) == nil)
    }
}
