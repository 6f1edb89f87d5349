package import Cryptography
package import LedgerModel

/// A block with its bytes and its id, both of which follow from it.
package struct ProposedBlock: Hashable, Sendable {
    package let block: Block
    package let encoded: [UInt8]
    package let id: BlockID

    package init(_ block: Block) {
        self.block = block
        encoded = block.encoded
        id = Block.id(header: block.header, encoded: encoded)
    }

    /// What it holds of vectors must be what its transactions ask for: a header alone, by which blocks are asked for, then
    /// names one block.
    /// - Throws: `malformed` for bytes that are no block in its one spelling.
    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        guard let block = try? Block(decoding: bytes), block.encoded == bytes,
            block.transactions.allSatisfy(SignedTransaction.isWhole)
        else { throw .malformed }
        self.block = block
        encoded = bytes
        id = Block.id(header: block.header, encoded: bytes)
    }

    package static func == (left: ProposedBlock, right: ProposedBlock) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    var height: Int64 { block.header.height }
}

/// What executing a block said, as far as the next blocks' headers depend on it (D4).
package struct ExecutionResult: Hashable, Sendable {
    /// The root of the state after it: the next header's app_hash.
    package var appHash: Digest
    package var resultsHash: Digest
    /// Who validates the block after the next one.
    package var nextValidators: ValidatorSet
    /// Whether a store's root moved, so that a proof block follows (D2).
    package var changesState: Bool

    package init(appHash: Digest, resultsHash: Digest, nextValidators: ValidatorSet, changesState: Bool) {
        self.appHash = appHash
        self.resultsHash = resultsHash
        self.nextValidators = nextValidators
        self.changesState = changesState
    }
}
