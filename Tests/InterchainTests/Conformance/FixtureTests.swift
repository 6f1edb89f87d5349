import Codec
import Foundation
import LedgerModel
import Proofs
import TestSupport
import Testing

@testable import Interchain

/// Fixtures of a real ibc-go chain: an update and a proof of presence.
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-07-tendermint")))
struct FixtureTests {
    struct Fixture: Decodable {
        struct Update: Decodable {
            var client_message_hex: HexBytes
            var new_height: UInt64
        }
        struct Membership: Decodable {
            var height: UInt64
            var path: [String]
            var proof: HexBytes
            var value: HexBytes
        }
        var client_state_hex: HexBytes
        var consensus_state_hex: HexBytes
        var update_client_message: Update?
        var membership_msg: Membership?
    }

    static let files = VectorFolder.files("ibc-07-tendermint", endingWith: ".json")

    @Test func `there are fixtures`() { #expect(!Self.files.isEmpty) }

    @Test(arguments: files) func `a fixture of a real chain is accepted`(_ file: URL) throws {
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
        let state = try ClientState(decoding: fixture.client_state_hex.bytes)
        let consensus = try ConsensusState(decoding: fixture.consensus_state_hex.bytes)
        if let update = fixture.update_client_message {
            let header = try ClientHeader(decoding: update.client_message_hex.bytes)
            var subject = client(at: header.signed.header.time)
            try subject.create(state, consensus)
            let outcome = try subject.update(header)
            #expect(
                outcome
                    == .updated(
                        ClientHeight(
                            revision: state.latestHeight.revision, height: update.new_height)))
        }
        if let membership = fixture.membership_msg {
            try TendermintClient<MemoryStore>.verify(
                membership.value.bytes, at: membership.path.map { Array($0.utf8) },
                proof: try MerkleProof(decoding: membership.proof.bytes), root: consensus.root, state)
            #expect(throws: ClientFailure.self) {
                try TendermintClient<MemoryStore>.verify(
                    membership.value.bytes + [0], at: membership.path.map { Array($0.utf8) },
                    proof: try MerkleProof(decoding: membership.proof.bytes), root: consensus.root, state)
            }
        }
    }
}
