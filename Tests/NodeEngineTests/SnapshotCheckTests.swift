import Consensus
import Cryptography
import LedgerModel
import LedgerRuntime
import LedgerStore
import StateTree
import Testing

@testable import NodeEngine

/// A snapshot's manifest is believed only where genesis' validators signed the header that proves its state, and where the
/// last block and the note of the chain are those from which that header follows.
struct SnapshotCheckTests {
    /// A ledger of three blocks whose keys are at hand.
    struct Ledger {
        static let keys = (1...4).compactMap {
            try? SigningKey(.edDSA, secret: [UInt8](repeating: UInt8($0), count: 32))
        }

        let genesis: Genesis
        let manifest: Snapshot.Manifest
        let signed: [SignedHeader]
        /// After the last block, and after the two before it: none moved the state.
        let state: LedgerState
        let tip: ChainTip

        init(_ name: String = "grove-1") throws {
            genesis = Genesis(
                chainID: try ChainID(name), time: 1_799_000_000_000_000_000,
                rulesVersion: ProtocolRules.newest.version,
                validators: Self.keys.map {
                    Genesis.Validator(
                        consensusKey: $0.ed25519, power: 10, operatorName: "o", receiptKey: $0.publicKey)
                }, accounts: [])
            var state = try genesis.state()
            let set = try genesis.validatorSet()
            var tip = ChainTip(
                ledger: genesis.ledger, height: 0, time: Timestamp(nanosecondsSince1970: genesis.time),
                blockID: BlockID(), commit: Commit(), appHash: state.forest.appHash,
                resultsHash: TransactionResult.root(of: []), validators: ValidatorSchedule(genesis: set))
            var notes = [ChainNote(tip)]
            var signed: [SignedHeader] = []
            var blocks: [Block] = []
            for height in 1...3 as ClosedRange<UInt64> {
                let time = Timestamp(nanosecondsSince1970: genesis.time + height * 1_000_000_000)
                let lastCommit = height == 1 ? Commit() : tip.commit
                let block = ProposedBlock(
                    Block(
                        header: tip.header(
                            time: time, transactions: [], evidence: [], lastCommit: lastCommit,
                            proposer: tip.validators.rotation.proposer),
                        transactions: [], evidence: [], lastCommit: lastCommit))
                let outcome = try BlockExecution.execute(
                    [],
                    context: BlockContext(
                        height: Height(height), time: time, proposer: Address(block.block.header.proposer)!),
                    on: state, ledger: genesis.ledger)
                let commit = Self.commit(block.block.header, block.id, by: set)
                tip.advance(to: block, commit: commit, result: NodeStart.result(of: outcome))
                state = outcome.state
                notes.append(ChainNote(tip))
                signed.append(SignedHeader(header: block.block.header, commit: commit))
                blocks.append(block.block)
            }
            manifest = try NodeSnapshot.Material(
                height: 2, forest: state.forest, log: AnchorLedger.frontier(in: BlockState(state)),
                note: notes[2].tip, block: blocks[1].encoded, commit: signed[1].commit.encoded
            ).manifest(genesis, headers: [signed[0], signed[2]])
            (self.signed, self.state, self.tip) = (signed, state, tip)
        }

        static func commit(_ header: BlockHeader, _ id: BlockID, by set: ValidatorSet) -> Commit {
            let signatures = set.members.map { member in
                let message = CanonicalVote.signBytes(
                    type: .precommit, chainID: header.chainID, height: header.height, round: 0, blockID: id,
                    timestamp: header.time)
                let key = keys.first { $0.ed25519 == member.publicKey.ed25519 }
                return CommitSignature(
                    flag: .commit, validator: member.address, timestamp: header.time,
                    signature: key?.sign(message) ?? [])
            }
            return Commit(height: header.height, round: 0, blockID: id, signatures: signatures)
        }
    }

    @Test func `what the ledger made holds`() throws {
        let ledger = try Ledger()
        #expect(try NodeSnapshot.check(ledger.manifest, genesis: ledger.genesis).map(\.header.height) == [1, 3])
    }

    @Test func `a snapshot of another ledger is refused`() throws {
        let (ledger, other) = (try Ledger(), try Ledger("grove-2"))
        #expect(throws: NodeFailure.self) { try NodeSnapshot.check(ledger.manifest, genesis: other.genesis) }
        var renamed = other.manifest
        (renamed.chainID, renamed.genesisHash) = (ledger.manifest.chainID, ledger.manifest.genesisHash)
        #expect(throws: NodeFailure.self) { try NodeSnapshot.check(renamed, genesis: ledger.genesis) }
    }

    @Test func `another state, height, block, commit or note is refused`() throws {
        let ledger = try Ledger()
        let changes: [(inout Snapshot.Manifest) -> Void] = [
            { $0.appHash = SHA256.hash([1]) }, { $0.height = 1 }, { $0.height = 3 }, { $0.height = UInt64(Int64.max) },
            { $0.block = [] }, { $0.commit = [] }, { $0.note = [] }, { $0.proof = [] },
            { $0.proof = Array($0.proof.prefix($0.proof.count / 2)) }, { $0.proof += [0] },
            { $0.commit = Commit().encoded },
        ]
        for (number, change) in changes.enumerated() {
            var manifest = ledger.manifest
            change(&manifest)
            #expect(throws: NodeFailure.self, "change \(number)") {
                try NodeSnapshot.check(manifest, genesis: ledger.genesis)
            }
        }
    }

    @Test func `no byte of block or commit, and no vote of the proof, may differ`() throws {
        let ledger = try Ledger()
        func refuses(_ part: WritableKeyPath<Snapshot.Manifest, [UInt8]>, from first: Int) {
            for place in stride(from: first, to: ledger.manifest[keyPath: part].count, by: 7) {
                var manifest = ledger.manifest
                manifest[keyPath: part][place] ^= 1
                if (try? NodeSnapshot.check(manifest, genesis: ledger.genesis)) != nil {
                    // A signature beyond the quorum is nobody's to check; what is proven stays the same.
                    #expect(manifest.appHash == ledger.manifest.appHash && part != \.block)
                }
            }
        }
        refuses(\.block, from: 0)
        refuses(\.commit, from: 0)
        refuses(\.proof, from: 0)
    }
}
