package import LedgerModel
package import VectorIndex

/// The collections of vectors of a ledger, as services read them: always those of the newest provable state.
///
/// A search works on a value of its own, so it waits for no block and no block waits for it.
package protocol VectorAccess: Sendable {
    /// Collections with a number above one, by rising number, at most so many.
    func collections(above number: UInt32, limit: Int) async throws(LedgerAccessFailure) -> [CollectionStatus]

    /// - Throws: `notFound`.
    func collection(_ number: UInt32) async throws(LedgerAccessFailure) -> CollectionStatus

    /// Runs a query; with `isProven` the answer has what anyone runs it again from.
    /// - Throws: `notFound`, `searchRefused` for what the collection does not take, `unavailable` where too many wait.
    func search(
        _ query: SearchQuery, in collection: UInt32, isProven: Bool
    ) async throws(LedgerAccessFailure) -> SearchAnswer

    /// Runs many queries in one state, without proofs; others' searches have their turns between them.
    ///
    /// Nothing is searched where one of them is refused.
    /// - Throws: as `search`, `queriesRefused` with each query that the collection does not take, `batchTooLarge`.
    func search(
        _ queries: [SearchQuery], in collection: UInt32
    ) async throws(LedgerAccessFailure) -> SearchBatchAnswer
}

/// A collection in one state.
package struct CollectionStatus: Sendable {
    package var number: UInt32
    package var stateHeight: Height
    package var listing: CollectionListing
    package var parameters: CollectionParameters
    /// Counters and root.
    package var head: CollectionHead
    /// What probes are chosen by.
    package var superCount: Int
    package var listCount: Int

    package init(
        number: UInt32, stateHeight: Height, listing: CollectionListing, parameters: CollectionParameters,
        head: CollectionHead, superCount: Int, listCount: Int
    ) {
        self.number = number
        self.stateHeight = stateHeight
        self.listing = listing
        self.parameters = parameters
        self.head = head
        self.superCount = superCount
        self.listCount = listCount
    }
}

/// The answer to a query.
package struct SearchAnswer: Sendable {
    /// The entries that a proof rests on, with their paths, and what the collection's root commits to.
    package struct Proof: Sendable {
        package var head: StateEntry
        /// Where the query names an owner.
        package var owner: StateEntry?
        package var body: [UInt8]

        package init(head: StateEntry, owner: StateEntry?, body: [UInt8]) {
            self.head = head
            self.owner = owner
            self.body = body
        }
    }

    package var stateHeight: Height
    /// The nearest first.
    package var neighbours: [Neighbour]
    /// What the search did; nil where it was proven.
    package var cost: VectorCost?
    package var proof: Proof?

    package init(stateHeight: Height, neighbours: [Neighbour], cost: VectorCost?, proof: Proof?) {
        self.stateHeight = stateHeight
        self.neighbours = neighbours
        self.cost = cost
        self.proof = proof
    }
}

/// The answers to many queries, all from one state.
package struct SearchBatchAnswer: Sendable {
    /// The answer to one query: the nearest first, and what the search did.
    package struct Item: Sendable {
        package var neighbours: [Neighbour]
        package var cost: VectorCost

        package init(neighbours: [Neighbour], cost: VectorCost) {
            self.neighbours = neighbours
            self.cost = cost
        }
    }

    package var stateHeight: Height
    /// Counters and root of the collection in that state.
    package var head: CollectionHead
    /// In the order of the queries.
    package var answers: [Item]

    package init(stateHeight: Height, head: CollectionHead, answers: [Item]) {
        self.stateHeight = stateHeight
        self.head = head
        self.answers = answers
    }
}

/// A query of a batch that the collection does not take.
package struct QueryRefusal: Equatable, Sendable {
    /// Its place in the batch, from 0.
    package var index: Int
    package var reason: String

    package init(index: Int, reason: String) {
        self.index = index
        self.reason = reason
    }
}
