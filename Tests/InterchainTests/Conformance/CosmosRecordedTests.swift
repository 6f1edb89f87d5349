import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Interchain

/// Updates and misbehaviour of a recorded Cosmos chain, each confirmed by a running ibc-go node.
@Suite(.enabled(if: VectorFolder.shouldRun("cosmos-recorded")))
struct CosmosRecordedTests {
    struct HeaderCase: Decodable, CustomTestStringConvertible {
        var id: String
        var category: String
        var note: String
        var client_state_hex: HexBytes
        var consensus_state_hex: HexBytes
        var header_hex: HexBytes
        var now_ns: Moment
        var expected: Verdict
        var ours: Verdict?
        var testDescription: String { "\(id) \(note)" }
    }

    struct MisbehaviourFile: Decodable {
        var misbehaviour: [MisbehaviourCase]
        var sequences: [Sequence]
    }

    struct MisbehaviourCase: Decodable, CustomTestStringConvertible {
        var id: String
        var note: String
        var client_state_hex: HexBytes
        var consensus_state_hex: HexBytes
        var misbehaviour_hex: HexBytes
        var now_ns: Moment
        var expected: String
        var ours: String?
        var testDescription: String { "\(id) \(note)" }
    }

    struct Sequence: Decodable, CustomTestStringConvertible {
        var id: String
        var note: String
        var client_state_hex: HexBytes
        var consensus_state_hex: HexBytes
        var header_hex: [HexBytes]
        var now_ns: Moment
        var expected: [String]
        var testDescription: String { "\(id) \(note)" }
    }

    static let headers: [HeaderCase] =
        (try? JSONDecoder().decode(
            [HeaderCase].self, from: Data(VectorFolder.bytes("cosmos-recorded", "header-cases.json")))) ?? []
    static let misbehaviour: MisbehaviourFile =
        (try? JSONDecoder().decode(
            MisbehaviourFile.self, from: Data(VectorFolder.bytes("cosmos-recorded", "misbehaviour.json"))))
        ?? MisbehaviourFile(misbehaviour: [], sequences: [])

    @Test func `there are cases`() {
        #expect(
            !Self.headers.isEmpty && !Self.misbehaviour.misbehaviour.isEmpty && !Self.misbehaviour.sequences.isEmpty)
    }

    @Test(arguments: headers) func `an update is judged as by the recorded node`(_ item: HeaderCase) {
        let outcome = accepted {
            let header = try ClientHeader(decoding: item.header_hex.bytes)
            var subject = client(at: item.now_ns.time)
            var state = try ClientState(decoding: item.client_state_hex.bytes)
            state.latestHeight.height = header.trustedHeight.height
            try subject.create(state, try ConsensusState(decoding: item.consensus_state_hex.bytes))
            return try subject.update(header)
        }
        #expect((outcome != nil) == ((item.ours ?? item.expected) == .accept))
    }

    /// The recorded node refused two headers that agree; a later one takes note of them without effect.
    @Test(arguments: misbehaviour.misbehaviour)
    func `misbehaviour is judged as by the recorded node`(_ item: MisbehaviourCase) throws {
        let outcome = accepted {
            let message = try Misbehaviour(decoding: item.misbehaviour_hex.bytes)
            var subject = client(at: item.now_ns.time)
            try subject.create(
                try ClientState(decoding: item.client_state_hex.bytes),
                try ConsensusState(decoding: item.consensus_state_hex.bytes))
            return try subject.submit(message)
        }
        #expect((outcome == .frozen) == ((item.ours ?? item.expected) == "freeze"))
    }

    @Test(arguments: misbehaviour.sequences)
    func `a sequence of updates is judged as by the recorded node`(_ item: Sequence) throws {
        var subject = client(at: item.now_ns.time)
        try subject.create(
            try ClientState(decoding: item.client_state_hex.bytes),
            try ConsensusState(decoding: item.consensus_state_hex.bytes))
        for (bytes, wanted) in zip(item.header_hex, item.expected) {
            let header = try ClientHeader(decoding: bytes.bytes)
            let done = accepted { try subject.update(header) }
            let got =
                switch done {
                case nil: "reject"
                case .frozen: "freeze"
                default: "accept"
                }
            #expect(got == wanted)
        }
    }
}
