package import Proofs

/// One key of one store in the state after a block, with its proof under the next header: a bundle's *entry* (bundles.md).
package struct StateEntry: Hashable, Sendable {
    package var stateHeight: Height
    /// The store's name as it is written.
    package var store: String
    package var key: [UInt8]
    /// Nil: the key is absent.
    package var value: [UInt8]?
    /// [Jellyfish proof in the store, simple Merkle proof of the store].
    package var merkleProof: MerkleProof

    package init(stateHeight: Height, store: String, key: [UInt8], value: [UInt8]?, merkleProof: MerkleProof) {
        self.stateHeight = stateHeight
        self.store = store
        self.key = key
        self.value = value
        self.merkleProof = merkleProof
    }
}

/// One of a bundle's `headers`: the set is left out, and only then, where it is that of the entry before.
package struct LinkedHeader: Hashable, Sendable {
    package var signedHeader: SignedHeader
    package var validatorSet: ValidatorSet?

    package init(signedHeader: SignedHeader, validatorSet: ValidatorSet?) {
        self.signedHeader = signedHeader
        self.validatorSet = validatorSet
    }
}
