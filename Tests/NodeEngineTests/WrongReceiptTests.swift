import Consensus
import Cryptography
import LedgerModel
@testable import LedgerRuntime
import Proofs
import StateTree
import Testing

@testable import NodeEngine

/// A receipt over a log that the ledger did not have convicts its signer, and nothing else does (D7).
struct WrongReceiptTests {
    typealias Ledger = SnapshotCheckTests.Ledger

    let ledger: Ledger
    let log: LogState

    init() throws {
        ledger = try Ledger()
        log = try LogState(decoding: try #require(ledger.state.forest.value(StoreName.anchor.rawValue, LogState.key)))
    }

    /// What a validator signs of a log of two leaves, where the ledger has one.
    func receipt(_ index: Int = 1, height: UInt64 = 2, key: Int? = nil, ledger other: LedgerIdentity? = nil) throws
        -> (receipt: Receipt, root: Digest)
    {
        let path = [SHA256.hash([7])]
        let entry = SHA256.hash([8])
        let root = try TransparencyLog.root(
            fromInclusionOf: TransparencyLog.leafHash(entry: entry.bytes), index: 0, size: 2, path: path)
        let signer = Ledger.keys[index]
        let made = Receipt.signRoot(
            root, treeSize: 2, height: Height(height), ledger: other ?? ledger.genesis.ledger,
            validator: Address(ed25519: signer.ed25519), key: Ledger.keys[key ?? index])
        let bytes = Receipt.encode(
            protected: made.protected, signature: made.signature, treeSize: 2, leafIndex: 0, path: path)
        let receipt = try Receipt.decode(bytes)
        #expect(receipt.root(of: entry) == root)
        return (receipt, root)
    }

    func evidence(_ index: Int = 1, height: UInt64 = 2, key: Int? = nil, ledger other: LedgerIdentity? = nil) throws
        -> WrongReceiptEvidence
    {
        let (receipt, root) = try receipt(index, height: height, key: key, ledger: other)
        let proof = try #require(ledger.state.forest.proof(store: StoreName.anchor.rawValue, key: LogState.key))
        return WrongReceiptEvidence(
            receipt, root: root, validator: Address(ed25519: Ledger.keys[index].ed25519),
            header: ledger.signed[Int(height)], logState: log.encoded(), proof: proof.encoded())
    }

    func judge(_ evidence: WrongReceiptEvidence, in state: BlockState? = nil) throws -> [ValidatorMisbehaviour] {
        try EvidenceJudge.judge(
            [Evidence.wrongReceipt(evidence).encoded], on: ledger.tip, in: state ?? BlockState(ledger.state))
    }

    @Test func `it convicts its signer at the header's height, once`() throws {
        let evidence = try evidence()
        #expect(try WrongReceiptEvidence(decoding: evidence.encoded) == evidence)
        #expect(try Evidence(decoding: Evidence.wrongReceipt(evidence).encoded) == .wrongReceipt(evidence))
        let found = try judge(evidence)
        #expect(found.map(\.kind) == [.wrongReceipt])
        #expect(found[0].validator == Address(ed25519: Ledger.keys[1].ed25519))
        #expect((found[0].height, found[0].power, found[0].totalPower) == (Height(3), 10, 40))
        let entry = MisbehaviourEntry(found[0], recorded: Height(4))
        #expect(try MisbehaviourEntry(decoding: entry.encoded()) == entry)
        let state = BlockState(ledger.state)
        state.set(.staking, MisbehaviourEntry.key(found[0].validator, at: Height(3)), entry.encoded())
        #expect(throws: RuntimeFailure.self) { try judge(evidence, in: state) }
        // The next block carries it out.
        let outcome = try BlockExecution.execute(
            [],
            context: BlockContext(
                height: Height(4), time: ledger.tip.time.advanced(byNanoseconds: 1), proposer: found[0].validator,
                misbehaviour: found), on: ledger.state, ledger: ledger.genesis.ledger)
        #expect(outcome.nextValidators.members.count == 3)
    }

    @Test func `the ledger's own log convicts nobody`() throws {
        var evidence = try evidence()
        let key = Ledger.keys[1]
        let made = Receipt.signRoot(
            log.root, treeSize: log.size, height: Height(2), ledger: ledger.genesis.ledger,
            validator: Address(ed25519: key.ed25519), key: key)
        (evidence.treeSize, evidence.root, evidence.signature) = (log.size, log.root.bytes, made.signature)
        #expect(throws: RuntimeFailure.self) { try judge(evidence) }
    }

    @Test func `whatever is changed of it convicts nobody`() throws {
        let evidence = try evidence()
        let other = try self.evidence(2)
        let changes: [(inout WrongReceiptEvidence) -> Void] = [
            { $0.height = 0 }, { $0.height = 1 }, { $0.height = 3 }, { $0.height = .max }, { $0.height = -1 },
            { $0.validator = other.validator }, { $0.validator = [] },
            { $0.validator = [UInt8](repeating: 9, count: 20) },
            { $0.treeSize = 3 }, { $0.treeSize = 1 }, { $0.root = SHA256.hash([1]).bytes }, { $0.root = [] },
            { $0.signature = other.signature }, { $0.signature = [] }, { $0.signature[0] ^= 1 },
            { $0.header = SignedHeader() }, { $0.header.header.time = .zero }, { $0.header.commit.signatures = [] },
            { $0.header.header.appHash = SHA256.hash([1]).bytes },
            { $0.logState = [] }, { $0.logState = LogState(size: 9, root: SHA256.hash([1])).encoded() },
            { $0.proof = [] }, { $0.proof = Array($0.proof.dropLast()) },
        ]
        for (number, change) in changes.enumerated() {
            var changed = evidence
            change(&changed)
            #expect(throws: RuntimeFailure.self, "change \(number)") { try judge(changed) }
        }
    }

    @Test func `a header that nobody signed proves no log`() throws {
        // The state of somebody's own making, under the commit of the ledger's header.
        var forged = try evidence()
        let block = BlockState(ledger.state)
        block.set(.anchor, LogState.key, LogState(size: 9, root: SHA256.hash([1])).encoded())
        let forest = try block.committed(block.sortedChanges()).forest
        forged.header.header.appHash = forest.appHash.bytes
        forged.logState = try #require(forest.value(StoreName.anchor.rawValue, LogState.key))
        forged.proof = try #require(forest.proof(store: StoreName.anchor.rawValue, key: LogState.key)).encoded()
        #expect(throws: RuntimeFailure.self) { try judge(forged) }
        forged.header.commit.blockID.hash = forged.header.header.hash.bytes
        #expect(throws: RuntimeFailure.self) { try judge(forged) }
    }

    @Test func `another key's, another ledger's and an unknown height's convict nobody`() throws {
        #expect(throws: RuntimeFailure.self) { try judge(evidence(1, key: 2)) }
        let stranger = LedgerIdentity(chainID: ledger.genesis.chainID, genesisHash: .zero)
        #expect(throws: RuntimeFailure.self) { try judge(evidence(1, ledger: stranger)) }
        var late = try evidence()
        late.header.header.height = 4
        #expect(throws: RuntimeFailure.self) { try judge(late) }
    }

    @Test func `every bit that is flipped convicts nobody else`() throws {
        let bytes = Evidence.wrongReceipt(try evidence()).encoded
        let found = try judge(evidence())
        for bit in stride(from: 0, to: bytes.count * 8, by: 7) {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard
                let other = try? EvidenceJudge.judge([changed], on: ledger.tip, in: BlockState(ledger.state))
            else { continue }
            #expect(other == found, "bit \(bit)")
        }
    }

    @Test func `rules that do not know it take it for none`() throws {
        let state = BlockState(ledger.state)
        state.set(.params, ProtocolRules.key, ProtocolRules.genesisValue(version: 2))
        #expect(throws: RuntimeFailure.self) { try judge(evidence(), in: state) }
    }
}
