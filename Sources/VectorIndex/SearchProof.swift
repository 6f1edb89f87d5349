internal import Codec
internal import Cryptography

/// The committed bytes that a search reads, with which anyone runs it again.
///
/// A proof rests on one or two state entries: the collection's head, whose root all of `body` hashes to, and for a filter
/// by owner the entry that gives the owner's number (or that it has none). Whoever makes a proof attaches to each the path
/// by which the state root commits to it; whoever checks it says whether a path does. This module knows no such path.
///
/// | field | bytes |
/// |---|---|
/// | version | 1: `IndexRules.version` |
/// | collection | 4: its number |
/// | count of state entries | 1: 1 or 2 |
/// | for each entry | value (u32 length, bytes; empty: absent), path (u32 length, bytes) |
/// | body | the rest: see `ProofBody` |
package struct SearchProof: Hashable, Sendable {
    package struct StateEntry: Hashable, Sendable {
        package var key: [UInt8]
        /// Nil for an absent one.
        package var value: [UInt8]?
        /// What convinces `isProven`; opaque here.
        package var path: [UInt8]

        package init(key: [UInt8], value: [UInt8]?, path: [UInt8]) {
            self.key = key
            self.value = value
            self.path = path
        }
    }

    package let collection: UInt32
    /// The head, then the owner's number if one is asked for.
    package let state: [StateEntry]
    /// What the head's root commits to.
    package let body: [UInt8]

    /// Most bytes of a proof that are read.
    package static let byteCountMax = 64 << 20
    /// Most entries that an exact search may prove; beyond, its proof would be the collection.
    package static let exactCountMax = 4_096

    /// Runs a query and gathers what it read.
    ///
    /// The collection must be as `commit()` left it. `path` makes what proves an entry of the state, by its key.
    ///
    /// - Throws: what `search` throws; `query(.finalists)` for an exact search of more than `exactCountMax` vectors.
    package static func make(
        of query: SearchQuery, in collection: VectorCollection, state: some VectorStateReader,
        path: (_ key: [UInt8]) -> [UInt8]
    ) throws(VectorFailure) -> (proof: SearchProof, answer: [Neighbour]) {
        if query.mode == .exact, collection.count > exactCountMax { throw .query(.finalists) }
        let search = try collection.run(query, state: state)
        let keys = keys(of: query, collection.key)
        let entries = keys.map { StateEntry(key: $0, value: state.value($0), path: path($0)) }
        let body = ProofBody.encode(search, isExact: query.mode == .exact, isFiltered: query.isFiltered, collection)
        let proof = SearchProof(collection: collection.key.collection, state: entries, body: body)
        return (proof, search.neighbours)
    }

    private static func keys(of query: SearchQuery, _ key: VectorStateKey) -> [[UInt8]] {
        [key.head] + (query.owner.map { [key.owner($0)] } ?? [])
    }

    /// Runs the query again over the proven bytes.
    ///
    /// The answer is exactly what the index that the head commits to returns for this query: the proof must carry all that
    /// the search reads and nothing else. `isProven` says whether a state root that the caller trusts commits to a key's
    /// value, or to its absence.
    ///
    /// - Complexity: a hash over the proof's bytes, and the search.
    /// - Throws: `ProofFailure`.
    package func verify(
        _ query: SearchQuery, kernels: Kernels = .best, isProven: (_ entry: StateEntry) -> Bool
    ) throws(ProofFailure) -> [Neighbour] {
        guard (try? query.check()) != nil else { throw .query }
        let key = VectorStateKey(collection: collection)
        guard state.map(\.key) == Self.keys(of: query, key) else { throw .stateEntries }
        for entry in state where !isProven(entry) { throw .notProven }
        guard let value = state[0].value, let head = CollectionHead(decoding: value) else { throw .head }
        let proven = try ProofBody.decode(
            body, isExact: query.mode == .exact, isFiltered: query.isFiltered, kernels: kernels)
        guard proven.root() == head.root, proven.total == head.count else { throw .root }
        guard let vector = try? proven.parameters.admit(query.vector) else { throw .query }
        var owner: UInt32?
        if query.owner != nil {
            let number = state[1].value
            guard number == nil || number?.count == 4 else { throw .stateEntries }
            owner = number.map { $0.reduce(0) { $0 << 8 | UInt32($1) } } ?? 0
        }
        let search: Search
        do {
            search = try Search(query, vector: vector, owner: owner, in: proven)
        } catch {
            throw .incomplete
        }
        guard proven.holdsOnly(search) else { throw .surplus }
        return search.neighbours
    }

    // MARK: Encoding

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: body.count + 2_048)
        writer.uint8(IndexRules.version)
        writer.uint32(collection)
        writer.uint8(UInt8(state.count))
        for entry in state {
            writer.part(entry.value ?? [])
            writer.part(entry.path)
        }
        writer.raw(body)
        return writer.bytes
    }

    /// Reads a proof for a query, which says what keys its entries have.
    ///
    /// - Throws: `ProofFailure`.
    package init(decoding bytes: [UInt8], of query: SearchQuery) throws(ProofFailure) {
        guard bytes.count <= Self.byteCountMax else { throw .tooLong }
        var reader = ByteReader(bytes)
        do {
            guard try reader.uint8() == IndexRules.version else { throw ProofFailure.version }
            collection = try reader.uint32()
            let keys = Self.keys(of: query, VectorStateKey(collection: collection))
            guard try reader.uint8() == keys.count else { throw ProofFailure.stateEntries }
            var entries: [StateEntry] = []
            for key in keys {
                let value = try reader.part()
                entries.append(StateEntry(key: key, value: value.isEmpty ? nil : value, path: try reader.part()))
            }
            state = entries
            body = try reader.bytes(reader.remaining)
        } catch let failure as ProofFailure {
            throw failure
        } catch {
            throw .truncated
        }
    }

    /// A proof around a body whose head is whatever the body hashes to, for those who try what verifiers stand; nil for a
    /// body that cannot be read.
    ///
    /// Nothing is believed for it: `isProven` still has the last word.
    package init?(unprovenBody body: [UInt8], of query: SearchQuery) {
        guard query.owner == nil,
            let read = try? ProofBody.decode(
                body, isExact: query.mode == .exact, isFiltered: query.isFiltered, kernels: .best)
        else { return nil }
        var head = CollectionHead()
        head.count = read.total
        head.root = read.root()
        let key = VectorStateKey(collection: 0).head
        self.init(
            collection: 0, state: [StateEntry(key: key, value: head.encoded(), path: [])], body: body)
    }

    /// A proof whose parts came by another way than its own encoding.
    package init(collection: UInt32, state: [StateEntry], body: [UInt8]) {
        self.collection = collection
        self.state = state
        self.body = body
    }
}

/// Why a proof of search is not believed.
package enum ProofFailure: Error, Hashable, Sendable {
    /// The query's numbers or vector are not what the collection takes.
    case query
    case version
    case tooLong
    /// The bytes end early, or go on.
    case truncated
    /// A number, flag or padding is not as the encoder writes it.
    case malformed
    /// The state entries are not those that this query rests on.
    case stateEntries
    /// The caller's root does not commit to an entry.
    case notProven
    case head
    /// The bytes do not hash to the head's root.
    case root
    /// The search reads what the proof leaves out.
    case incomplete
    /// The proof carries what the search does not read.
    case surplus
}
