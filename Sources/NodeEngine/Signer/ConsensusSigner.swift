package import Consensus
package import Cryptography
package import LedgerModel

/// Who signs for this node's validator: the key in this process, or a process of its own.
///
/// What consensus signs is named by its fields; a vote is in the log before anybody hears of it (D17). The two differ in
/// when the log must hold it: a key of this process signs at once and the log is synced before the message is sent, a
/// signer elsewhere is asked only after its request was noted and synced, since it keeps what it signed whatever becomes
/// of this node. That note stands for the signature: two syncs a height either way.
package protocol ConsensusSigner: Sendable {
    /// The validator's key, 32 bytes.
    var publicKey: [UInt8] { get }
    /// Whether the key is in another process, which has a guard and a memory of its own.
    var isElsewhere: Bool { get }
    /// What it signed last, where it remembers by itself.
    var lastSigned: SignState? { get }
    /// The validator's word that a node acts for it.
    func binding(of node: NodeID, on ledger: LedgerIdentity) -> NodeBinding?
    /// Signs now; nil where it must be asked.
    func sign(_ message: SignedMessage, on ledger: LedgerIdentity) -> SignedMessage?
    /// Asks for what `sign` did not give: returns at once, the answer is one of ``signatures``, or never comes.
    func ask(_ message: SignedMessage)
    /// Tells it what the node knows to be signed by its key.
    func know(_ message: SignedMessage)
    /// Answers in the order of the requests; for one reader.
    var signatures: AsyncStream<SignedMessage> { get }
}

extension ConsensusSigner {
    var address: Address { Address(ed25519: publicKey) }
}

/// The validator's key in this process's locked memory; the guard is the node's log.
package struct LocalSigner: ConsensusSigner {
    private let key: SigningKey

    /// A signer with an Ed25519 key.
    package init(_ key: SigningKey) { self.key = key }

    package var publicKey: [UInt8] { key.ed25519 }
    package var isElsewhere: Bool { false }
    package var lastSigned: SignState? { nil }
    package var signatures: AsyncStream<SignedMessage> { AsyncStream { $0.finish() } }

    package func binding(of node: NodeID, on ledger: LedgerIdentity) -> NodeBinding? {
        NodeBinding(validator: address, signature: key.sign(NodeBinding.signBytes(node, on: ledger)))
    }

    package func sign(_ message: SignedMessage, on ledger: LedgerIdentity) -> SignedMessage? {
        message.signed(key.sign(message.signBytes(chainID: ledger.chainID.text)))
    }

    package func ask(_ message: SignedMessage) {}

    package func know(_ message: SignedMessage) {}
}
