import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Interchain

/// Single steps of tendermint-rs's model-based tests: success, too little trust, or invalid.
@Suite(.enabled(if: VectorFolder.shouldRun("tendermint-light-client")))
struct SingleStepTests {
    struct Run: Decodable {
        struct Set: Decodable { var validators: [RPC.ValidatorText]? }
        struct Initial: Decodable {
            var signed_header: RPC.SignedHeaderText
            var next_validator_set: Set
            var trusting_period: String
        }
        struct Block: Decodable {
            var signed_header: RPC.SignedHeaderText
            var validator_set: Set
            var next_validator_set: Set
        }
        struct Step: Decodable {
            var block: Block
            var now: String
            var verdict: String
        }
        var initial: Initial
        var input: [Step]
    }

    static let files = VectorFolder.files("tendermint-light-client", endingWith: ".json")

    @Test func `there are runs`() { #expect(!Self.files.isEmpty) }

    @Test(arguments: files) func `each step has the verdict of the model`(_ file: URL) throws {
        let run = try JSONDecoder().decode(Run.self, from: Data(contentsOf: file))
        let first = try RPC.header(run.initial.signed_header.header)
        var state = ClientState()
        state.chainID = first.chainID
        state.trustLevel = .oneThird
        let period = try #require(UInt64(run.initial.trusting_period))
        state.trustingPeriod = Period(positiveNanoseconds: period)
        state.unbondingPeriod = Period(positiveNanoseconds: period + 1)
        state.clockDriftMax = Period(seconds: 1)
        state.latestHeight = ClientHeight(revision: 0, height: UInt64(first.height))
        var store = MemoryStore()
        store.set(state)
        store.begin(
            ConsensusState(first), at: state.latestHeight,
            ConsensusEntry(processedTime: first.time, processedHeight: 1))
        var trusted = state.latestHeight
        var trustedSet = try Self.set(run.initial.next_validator_set)
        for (number, step) in run.input.enumerated() {
            var subject = client(store, at: try RPC.time(step.now))
            let header = ClientHeader(
                signed: try RPC.signedHeader(step.block.signed_header),
                validators: try Self.set(step.block.validator_set), trustedHeight: trusted,
                trustedValidators: trustedSet)
            let verdict: String
            var reason = ""
            do {
                _ = try subject.update(header)
                verdict = "SUCCESS"
            } catch ClientFailure.header(.notEnoughTrust) {
                verdict = "NOT_ENOUGH_TRUST"
            } catch {
                verdict = "INVALID"
                reason = "\(error)"
            }
            #expect(verdict == step.verdict, "step \(number): \(reason)")
            guard verdict == "SUCCESS" else { continue }
            store = subject.store
            trusted = header.height
            trustedSet = try Self.set(step.block.next_validator_set)
        }
    }

    /// These files list members in any order; their authors sort when reading.
    ///
    /// The proposer is any member.
    static func set(_ text: Run.Set) throws -> ValidatorSet {
        var set = ValidatorSet()
        set.members = try RPC.members(text.validators ?? []).sorted {
            $0.votingPower != $1.votingPower
                ? $0.votingPower > $1.votingPower : $0.address.lexicographicallyPrecedes($1.address)
        }
        set.proposer = set.members.first
        return set
    }
}
