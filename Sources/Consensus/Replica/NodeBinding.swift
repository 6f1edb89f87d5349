import Cryptography
package import LedgerModel

/// A validator's word that a node acts for it: its signature over the ledger and the node's id.
///
/// Made once a start; who holds it cannot pass for that node, since links prove their node's key.
package struct NodeBinding: Hashable, Sendable {
    package var validator: Address
    /// Ed25519, 64 bytes.
    package var signature: [UInt8]

    package init(validator: Address, signature: [UInt8]) {
        self.validator = validator
        self.signature = signature
    }

    /// What is signed: domain, 0, chain id, 0, genesis hash, node id.
    ///
    /// No vote's sign bytes begin like it: those begin with their length.
    package static func signBytes(_ node: NodeID, on ledger: LedgerIdentity) -> [UInt8] {
        Array(DomainSeparation.nodeBinding.utf8) + [0] + Array(ledger.chainID.text.utf8) + [0]
            + ledger.genesisHash.bytes + node.bytes
    }

    /// Whether a member of a set signed it for that node.
    package func holds(
        for node: NodeID, on ledger: LedgerIdentity, in set: ValidatorSet,
        isValid: SignaturePredicate = voteSignaturePredicate
    ) -> Bool {
        guard let index = set.index(of: validator.bytes), let key = set.members[index].publicKey.ed25519 else {
            return false
        }
        return isValid(signature, Self.signBytes(node, on: ledger), key)
    }
}
