import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Interchain

/// One update each, judged by an unmodified ibc-go v10; where we ask for more, `ours` says so.
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-verdicts")))
struct VerdictHeadersTests {
    struct File: Decodable { var cases: [Case] }

    struct Case: Decodable, CustomTestStringConvertible {
        var id: String
        var shows: String
        var clientState: HexBytes
        var consensusState: HexBytes
        var header: HexBytes
        var now: Moment
        var expected: Verdict
        var expectedLater: Verdict?
        var ours: Verdict?
        var testDescription: String { "\(id) \(shows)" }
    }

    static let cases: [Case] =
        (try? JSONDecoder().decode(File.self, from: Data(VectorFolder.bytes("ibc-verdicts", "headers.json"))))?.cases
        ?? []

    @Test func `there are cases`() { #expect(!Self.cases.isEmpty) }

    @Test(arguments: cases) func `a header is judged as by ibc-go, or more strictly`(_ item: Case) {
        let outcome = accepted {
            var subject = client(at: item.now.time)
            try subject.create(
                try ClientState(decoding: item.clientState.bytes),
                try ConsensusState(decoding: item.consensusState.bytes))
            return try subject.update(try ClientHeader(decoding: item.header.bytes))
        }
        let wanted = item.ours ?? item.expectedLater ?? item.expected
        #expect((outcome != nil) == (wanted == .accept))
        if wanted == .accept { #expect(outcome != .frozen) }
    }
}
