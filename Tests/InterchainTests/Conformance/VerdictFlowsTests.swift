import Foundation
import LedgerModel
import Proofs
import TestSupport
import Testing

@testable import Interchain

/// Clients through many steps, judged by an unmodified ibc-go v10. (packets.json waits for the packet layer.)
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-verdicts")))
struct VerdictFlowsTests {
    struct File: Decodable { var cases: [Flow] }

    struct Flow: Decodable, CustomTestStringConvertible {
        var id: String
        var shows: String
        var steps: [Step]
        var testDescription: String { id }
    }

    struct Step: Decodable {
        var op: String
        var kind: String?
        var message: HexBytes?
        var clientState: HexBytes?
        var consensusState: HexBytes?
        var merkleProof: HexBytes?
        var merkleProof2: HexBytes?
        var height: [UInt64]?
        var path: [HexBytes]?
        var value: HexBytes?
        var now: Moment
        var expected: String
        var expectedLater: String?
        var ours: String?
        var note: String?
    }

    static let flows: [Flow] =
        (try? JSONDecoder().decode(File.self, from: Data(VectorFolder.bytes("ibc-verdicts", "flows.json"))))?.cases
        ?? []

    @Test func `there are flows`() { #expect(!Self.flows.isEmpty) }

    @Test(arguments: flows) func `a client goes through the steps as ibc-go's does`(_ flow: Flow) throws {
        var store = MemoryStore()
        for (number, step) in flow.steps.enumerated() {
            var subject = client(store, at: step.now.time)
            let wanted = step.ours ?? step.expectedLater ?? step.expected
            if step.op == "status" {
                #expect(try subject.status().rawValue == wanted, "step \(number)")
                continue
            }
            do {
                let done = try Self.take(step, &subject)
                #expect(wanted == "accept", "step \(number) \(step.op) was accepted")
                #expect(Self.agrees(done, with: step, subject), "step \(number): \(done), \(step.note ?? "")")
                store = subject.store
            } catch {
                #expect(wanted == "reject", "step \(number) \(step.op): \(error)")
                #expect(subject.store == store, "step \(number) was refused, but wrote")
            }
        }
        _ = try store.heights
    }

    /// Does one step; a header that is taken over says what happened.
    static func take(_ step: Step, _ subject: inout TendermintClient<MemoryStore>) throws
        -> TendermintClient<MemoryStore>.Outcome?
    {
        switch (step.op, step.kind) {
        case ("create", _): try subject.create(try clientState(step), try consensusState(step))
        case ("update", "misbehaviour"):
            return try subject.submit(try Misbehaviour(decoding: try #require(step.message).bytes))
        case ("update", _): return try subject.update(try ClientHeader(decoding: try #require(step.message).bytes))
        case ("member", _):
            let height = try #require(step.height)
            try subject.verify(
                step.value?.bytes, at: try #require(step.path).map(\.bytes),
                height: ClientHeight(revision: height[0], height: height[1]), proof: try proof(step.merkleProof))
        case ("upgrade", _):
            try subject.upgrade(
                to: try clientState(step), try consensusState(step), clientProof: try proof(step.merkleProof),
                consensusProof: try proof(step.merkleProof2))
        case ("recover", _):
            var substitute = client(at: step.now.time)
            try substitute.create(try clientState(step), try consensusState(step))
            try subject.recover(from: substitute)
        default: Issue.record("unknown step \(step.op)")
        }
        return nil
    }

    /// Whether what happened is what the note says: `frozen: Frozen`, or `heights [1-5] latest 1-9`.
    static func agrees(
        _ done: TendermintClient<MemoryStore>.Outcome?, with step: Step, _ subject: TendermintClient<MemoryStore>
    ) -> Bool {
        let note = step.note ?? ""
        let latest = (try? subject.clientState().latestHeight.description) ?? ""
        return switch done {
        case .frozen: note.hasPrefix("frozen")
        case .updated(let height): note == "heights [\(height)] latest \(latest)"
        case .noContradiction: note == "heights [] latest \(latest)"
        case nil: note.isEmpty || note == latest
        }
    }

    static func clientState(_ step: Step) throws -> ClientState {
        try ClientState(decoding: try #require(step.clientState).bytes)
    }

    static func consensusState(_ step: Step) throws -> ConsensusState {
        try ConsensusState(decoding: try #require(step.consensusState).bytes)
    }

    static func proof(_ bytes: HexBytes?) throws -> MerkleProof {
        try MerkleProof(decoding: try #require(bytes).bytes)
    }
}
