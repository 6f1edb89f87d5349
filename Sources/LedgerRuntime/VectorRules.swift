import VectorIndex

/// What vectors cost and how much of them a block takes (D9).
///
/// A unit of gas is about a nanosecond of the reference machine (AVX2, one core), rounded up: what a block of the most gas
/// takes is known beforehand. Gas is counted from what an operation did (`VectorCost`), so that crafted vectors pay for the
/// work that they cause. It buys nothing and is owed by nobody: it only bounds, and the fee stays the transaction's.
package struct VectorRules: Equatable, Sendable {
    /// Collections of the whole ledger: each is held in memory by every node.
    package let collectionsMax: UInt32
    /// Collections of one account.
    package let accountCollectionsMax: UInt32
    /// Vectors in one put, subjects in one delete.
    package let batchMax: Int
    /// Gas of one transaction: a tenth of a second.
    package let transactionGasMax: Int
    /// Gas of a block's transactions.
    ///
    /// What no longer fits is not carried out and may come again.
    package let blockGasMax: Int
    /// Gas of a block's queued splits and merges, beside `blockGasMax`; the last step may exceed it.
    package let settleGasMax: Int

    /// Two state entries and their paths: a put or a delete writes a record and its subject's entry.
    package let operationGas: Int
    /// One more state entry, hashes of a chunk: a list that is read or written.
    package let listGas: Int
    /// Hashing and copying a byte.
    package let byteGas: Int
    /// A distance of each begun 64 dimensions; 384 take 7 to 12 ns.
    package let distanceGas: Int
    /// A transaction's first operation in a collection: it keeps a copy to return to.
    package let collectionGas: Int
    /// A new collection: its entries and its place in the memory of every node.
    package let creationGas: Int
    /// A byte of text that the ledger embeds.
    package let embeddingByteGas: Int
    /// Puts and deletes that pay together for one queued split at its largest.
    ///
    /// The smaller part of a cut has an eighth of the list, at least 12 entries, so the larger one is too long again after 12
    /// inserts at the earliest.
    package let operationsASplit: Int
    /// Puts and deletes for which a block does one queued step, beside one for nothing; more than ever queue one.
    package let operationsAStep: Int

    package static let version3 = VectorRules(
        collectionsMax: 4_096, accountCollectionsMax: 64, batchMax: 1_000, transactionGasMax: 100_000_000,
        blockGasMax: 400_000_000, settleGasMax: 100_000_000, operationGas: 20_000, listGas: 5_000, byteGas: 2,
        distanceGas: 2, collectionGas: 200_000, creationGas: 1_000_000, embeddingByteGas: 100,
        operationsASplit: 12, operationsAStep: 4)

    private func distancePrice(_ dimension: Int) -> Int { distanceGas * ((dimension + 63) / 64) }

    /// What was done, in gas; a code counts as a fifth of a distance.
    func gas(_ cost: VectorCost, dimension: Int) -> Int {
        cost.distances * distancePrice(dimension) + cost.codes * distancePrice(dimension) / 5
            + cost.lists * listGas + cost.bytes * byteGas
    }

    /// What a put or a delete pays whatever it does: its entries, and its share of the splits that it queues.
    func flatGas(_ collection: VectorCollection) -> Int {
        operationGas + IndexRules.splitDistances(supers: collection.superCount)
            * distancePrice(collection.parameters.dimension) / operationsASplit
    }
}
