import Codec
import Cryptography
import LedgerModel
import Proofs
import Verification

/// A made-up ledger with one validator and one record, to try what the published set has no case of.
///
/// That is a record of an earlier revision, and event hashes. Its state follows from the fields; each may be changed before a bundle is made.
struct MadeLedger {
    static let old = identity("grove-1", 1)
    static let new = identity("grove-2", 2)

    /// The ledger of the file.
    var ledger = new
    /// The ledger that the statement names.
    var home = new
    /// What the state says of an earlier revision, under its chain id.
    var revisions: [String: RevisionEntry] = [:]
    /// The chain id whose revision entry the bundle carries.
    var shownRevision: String?
    /// Where the record was logged.
    var loggedAt = Height(5)
    var mediaType = "application/json"
    var document = Array("{}".utf8)
    var eventHash: String?
    /// Whether it was anchored by interval, alone in its tree.
    var isInInterval = false

    private static let validator = key(3)
    private static let issuerKey = key(4)
    static let stateHeight = Height(9)
    static let recordID = SHA256.hash(Array("record".utf8))
    private static let issuer = AccountID(issuerKey.publicKey.thumbprint)

    private static func key(_ number: UInt8) -> SigningKey {
        (try? SigningKey(.edDSA, secret: Array(repeating: number, count: 32)))!
    }

    private static func identity(_ chainID: String, _ number: UInt8) -> LedgerIdentity {
        LedgerIdentity(chainID: (try? ChainID(chainID))!, genesisHash: SHA256.hash([number]))
    }

    var policy: TrustPolicy {
        var policy = TrustPolicy()
        policy.trustedValidators = [set.hash.bytes]
        policy.chainID = ledger.chainID.text
        policy.genesisHash = ledger.genesisHash.bytes
        return policy
    }

    private var set: ValidatorSet {
        guard case .ed25519(let key) = Self.validator.publicKey else { fatalError("an Ed25519 key was asked for") }
        return (try? ValidatorSet(members: [Validator(publicKey: key, votingPower: 10)]))!
    }

    func bundle() -> RecordBundle {
        let file = RecordFile(salt: Array(repeating: 9, count: 32), mediaType: mediaType, document: document).encoded
        let statement = Statement.sign(
            recordHash: SHA256.hash(file), sequence: 12, issuer: Self.issuer, ledger: home, key: Self.issuerKey)
        var leaf = TransparencyLog.leafHash(entry: SHA256.hash(statement).bytes)
        if isInInterval { leaf = TransparencyLog.leafHash(entry: leaf.bytes) }
        let rid = AnchoredRecord.key(Self.recordID.bytes)
        let anchored = AnchoredRecord(
            leafIndex: 0, height: loggedAt, time: Timestamp(nanosecondsSince1970: 1_790_000_000_000_000_000),
            issuer: Self.issuer, number: 12)
        let listing = KeyListing(key: Self.issuerKey.publicKey, first: Height(1), last: nil)
        let stores: [(StoreName, [(key: [UInt8], value: [UInt8])])] = [
            (.account, [(AccountEntry.key(Self.issuer), AccountEntry(keys: [listing]).encoded())]),
            (.anchor, [(LogState.key, LogState(size: 1, root: leaf).encoded()), (rid, anchored.encoded())]),
            (.upgrade, revisions.map { (RevisionEntry.key($0), $1.encoded()) }),
        ]
        let state = MadeState(stores: stores.map { (name: $0.rawValue, entries: $1) })
        func entry(_ store: StoreName, _ key: [UInt8]) -> StateEntry {
            state.entry(store.rawValue, key, at: Self.stateHeight)
        }
        return RecordBundle(
            ledger: ledger, headers: [header(appHash: state.root)], recordFile: file, mediaType: mediaType,
            eventHash: eventHash, statement: statement, anchored: entry(.anchor, rid),
            issuerKey: Self.issuerKey.publicKey,
            issuerKeyProof: entry(.account, AccountEntry.key(Self.issuer)),
            log: LogInclusion(leafIndex: 0, treeSize: 1, path: []),
            inner: isInInterval ? LogInclusion(leafIndex: 0, treeSize: 1, path: []) : nil,
            logState: entry(.anchor, LogState.key),
            revision: shownRevision.map { entry(.upgrade, RevisionEntry.key($0)) }, receipts: [], receiptKeys: [])
    }

    func outcome() -> VerificationOutcome { Verifier.verify(bundle().encoded(), policy: policy, now: nil) }

    func header(appHash: Digest) -> LinkedHeader {
        var header = BlockHeader()
        header.blockVersion = BlockHeader.blockProtocol
        header.chainID = ledger.chainID.text
        header.height = Int64(Self.stateHeight.next.value)
        header.time = Timestamp(nanosecondsSince1970: 1_790_000_100_000_000_000)
        header.validatorsHash = set.hash.bytes
        header.nextValidatorsHash = set.hash.bytes
        header.appHash = appHash.bytes
        header.proposer = set.members[0].address
        let blockID = BlockID(hash: header.hash.bytes, parts: PartSetHeader(total: 1, hash: header.hash.bytes))
        let message = CanonicalVote.signBytes(
            type: .precommit, chainID: header.chainID, height: header.height, round: 0, blockID: blockID,
            timestamp: header.time)
        let vote = CommitSignature(
            flag: .commit, validator: header.proposer, timestamp: header.time, signature: Self.validator.sign(message))
        return LinkedHeader(
            signedHeader: SignedHeader(
                header: header,
                commit: Commit(height: header.height, round: 0, blockID: blockID, signatures: [vote])),
            validatorSet: set.withProposer(header.proposer))
    }
}

/// Stores of a few entries each, with proofs of what they hold.
struct MadeState {
    /// In the order of their names.
    var stores: [(name: String, entries: [(key: [UInt8], value: [UInt8])])]

    var root: Digest { tree.root }

    private var tree: SimpleMerkle.StoreTree {
        SimpleMerkle.StoreTree(stores.map { (name: $0.name, value: Self.hash($0.entries, depth: 0)) })
    }

    /// The entry that a store holds at a key.
    func entry(_ store: String, _ key: [UInt8], at height: Height) -> StateEntry {
        let index = stores.firstIndex { $0.name == store }!
        let value = stores[index].entries.first { $0.key == key }!.value
        var siblings: [Digest] = []
        var rest = stores[index].entries
        while rest.count > 1 {
            let isRight = SHA256.hash(key).bit(siblings.count)
            let depth = siblings.count
            siblings.append(
                Self.hash(rest.filter { SHA256.hash($0.key).bit(depth) != isRight }, depth: depth + 1))
            rest = rest.filter { SHA256.hash($0.key).bit(depth) == isRight }
        }
        let path = Jellyfish.LeafPath(key: key, value: value, siblings: siblings)
        return StateEntry(
            stateHeight: height, store: store, key: key, value: value,
            merkleProof: MerkleProof(proofs: [.exist(path.existence), tree.proof(of: index)]))
    }

    private static func hash(_ entries: [(key: [UInt8], value: [UInt8])], depth: Int) -> Digest {
        guard let first = entries.first else { return Jellyfish.placeholder }
        guard entries.count > 1 else {
            return Jellyfish.leafHash(keyHash: SHA256.hash(first.key), valueHash: SHA256.hash(first.value))
        }
        return Jellyfish.innerHash(
            hash(entries.filter { !SHA256.hash($0.key).bit(depth) }, depth: depth + 1),
            hash(entries.filter { SHA256.hash($0.key).bit(depth) }, depth: depth + 1))
    }
}
