import Codec
import Cryptography
import LedgerModel
import VectorIndex

/// Collections of vectors: who may make them, put into them and delete from them.
enum VectorLedger {
    /// Makes a collection under the ledger's next number.
    static func apply(
        _ message: CreateCollectionMessage, context: BlockContext, rules: VectorRules, vectors: inout VectorWriter,
        state: inout TransactionState
    ) -> TransactionResult.Code {
        if let code = vectors.spend(rules.creationGas, rules) { return code }
        guard let parameters = CollectionParameters(message.terms, owner: message.owner) else {
            return .collectionInvalid
        }
        let nameKey = CollectionKeys.name(message.owner, message.name)
        guard state.value(.vector, nameKey) == nil else { return .collectionExists }
        let ownerKey = CollectionKeys.owner(message.owner)
        let (last, own) = (
            CollectionKeys.number(state.value(.vector, CollectionKeys.last)),
            CollectionKeys.number(state.value(.vector, ownerKey))
        )
        guard last < rules.collectionsMax, own < rules.accountCollectionsMax else { return .tooManyCollections }
        state.set(.vector, ownerKey, (own + 1).bigEndianBytes)
        _ = add(
            parameters, of: message.owner, named: message.name, context: context, vectors: &vectors, state: &state)
        return .ok
    }

    /// Lists a new collection under the ledger's next number, which it gives.
    static func add(
        _ parameters: CollectionParameters, of owner: AccountID, named name: CollectionName, context: BlockContext,
        vectors: inout VectorWriter, state: inout TransactionState
    ) -> UInt32 {
        let number = CollectionKeys.number(state.value(.vector, CollectionKeys.last)) + 1
        let listing = CollectionListing(owner: owner, name: name, height: context.height, time: context.time)
        state.set(.vector, CollectionListing.key(number), listing.encoded())
        state.set(.vector, CollectionKeys.name(owner, name), number.bigEndianBytes)
        state.set(.vector, CollectionKeys.last, number.bigEndianBytes)
        vectors.add(VectorCollection(parameters, number: number))
        return number
    }

    /// Gives subjects vectors, in the message's order; the first that is refused refuses the message.
    static func apply(
        _ message: PutVectorsMessage, rules: VectorRules, vectors: inout VectorWriter, state: TransactionState
    ) -> TransactionResult.Code {
        guard message.entries.count <= rules.batchMax else { return .vectorBatchSize }
        let owner = message.writer.digest
        for entry in message.entries {
            let subject = Subject(kind: entry.subject.kind, id: entry.subject.id)
            let code = vectors.change(message.collection, rules: rules, block: state.block) {
                (collection, reader, cost) throws(VectorFailure) in
                if collection.id(of: subject, state: reader) == nil {
                    _ = try collection.insert(
                        entry.vector, subject: subject, tag: entry.tag, owner: owner, state: reader, cost: &cost)
                } else {
                    _ = try collection.replace(
                        subject, by: entry.vector, tag: entry.tag, owner: owner, state: reader, cost: &cost)
                }
            }
            guard code == .ok else { return code }
        }
        return .ok
    }

    /// Takes subjects' vectors out, in the message's order.
    static func apply(
        _ message: DeleteVectorsMessage, rules: VectorRules, vectors: inout VectorWriter, state: TransactionState
    ) -> TransactionResult.Code {
        guard message.subjects.count <= rules.batchMax else { return .vectorBatchSize }
        let writer = message.writer.digest
        for subject in message.subjects {
            let subject = Subject(kind: subject.kind, id: subject.id)
            let code = vectors.change(message.collection, rules: rules, block: state.block) {
                (collection, reader, cost) throws(VectorFailure) in
                try collection.delete(subject, by: writer, state: reader, cost: &cost)
            }
            guard code == .ok else { return code }
        }
        return .ok
    }
}

/// The collections while one block is executed; a failed transaction's changes are taken back, its gas is not.
struct VectorWriter {
    /// The store `vector` as the block before left it: what the collections have not handed over yet, they know.
    struct Reader: VectorStateReader {
        let block: BlockState

        func value(_ key: [UInt8]) -> [UInt8]? { block.value(.vector, key) }
    }

    private(set) var collections: [UInt32: VectorCollection]
    /// Puts and deletes of this block in each collection that it touches.
    private var operations: [UInt32: Int] = [:]
    /// Collections that this transaction touches.
    private var isCopied: Set<UInt32> = []
    private var transactionGas = 0
    /// The block's gas so far.
    private(set) var gas = 0
    /// A transaction did not fit any more: none is tried after it.
    private var isFull = false

    init(_ collections: [UInt32: VectorCollection]) { self.collections = collections }

    /// Whether a block has changed nothing.
    var isUntouched: Bool { operations.isEmpty }

    mutating func beginTransaction() {
        transactionGas = 0
        isCopied = []
    }

    /// Goes back to where a transaction began, with the gas that has been used since.
    mutating func takeBack(to before: VectorWriter) {
        let (gas, isFull) = (gas, isFull)
        self = before
        (self.gas, self.isFull) = (gas, isFull)
    }

    /// Counts gas; why the transaction ends here, or nil.
    mutating func spend(_ amount: Int, _ rules: VectorRules) -> TransactionResult.Code? {
        guard !isFull else { return .vectorGasBlock }
        transactionGas += amount
        gas += amount
        // A transaction that is too dear by itself is so in any block.
        guard transactionGas <= rules.transactionGasMax else { return .vectorGasTransaction }
        guard gas <= rules.blockGasMax else {
            isFull = true
            return .vectorGasBlock
        }
        return nil
    }

    mutating func add(_ collection: VectorCollection) {
        collections[collection.key.collection] = collection
        operations[collection.key.collection] = 0
    }

    /// One operation in a collection: its work is counted whether or not it is refused.
    mutating func change(
        _ number: UInt32, rules: VectorRules, block: BlockState,
        _ body: (inout VectorCollection, Reader, inout VectorCost) throws(VectorFailure) -> Void
    ) -> TransactionResult.Code {
        // No reference to the collection is held: it would make each change copy what it changes.
        let terms = collections[number].map { (dimension: $0.parameters.dimension, gas: rules.flatGas($0)) }
        guard let terms else { return .collectionUnknown }
        let isFirst = isCopied.insert(number).inserted
        if let code = spend((isFirst ? rules.collectionGas : 0) + terms.gas, rules) { return code }
        var cost = VectorCost()
        var refusal: VectorFailure?
        do { try body(&collections[number]!, Reader(block: block), &cost) } catch { refusal = error }
        operations[number, default: 0] += 1
        if let code = spend(rules.gas(cost, dimension: terms.dimension), rules) { return code }
        return refusal.map(TransactionResult.Code.init) ?? .ok
    }

    /// Ends the block: queued steps in the collections that it touched, by rising number, and all entries that changed.
    ///
    /// A step more than paid for is never done: the queue of a collection waits for its next put or delete.
    mutating func finish(_ rules: VectorRules, in state: inout TransactionState) {
        var settleGas = 0
        for (number, count) in operations.sorted(by: { $0.key < $1.key }) {
            guard var collection = collections.removeValue(forKey: number) else { continue }
            let dimension = collection.parameters.dimension
            for _ in 0..<(1 + count / rules.operationsAStep) where settleGas < rules.settleGasMax {
                var cost = VectorCost()
                guard collection.settle(budget: 1, cost: &cost) == 1 else { break }
                settleGas += rules.gas(cost, dimension: dimension)
            }
            for change in collection.commit() {
                if let value = change.value {
                    state.set(.vector, change.key, value)
                } else {
                    state.remove(.vector, change.key)
                }
            }
            collections[number] = collection
        }
    }
}

extension CollectionParameters {
    /// Nil for terms that are out of range.
    init?(_ terms: CollectionTerms, owner: AccountID) {
        guard let metric = Metric(rawValue: terms.metric), let policy = WritePolicy(rawValue: terms.policy),
            let parameters = try? CollectionParameters(
                metric: metric, dimension: Int(terms.dimension), scale: Int(terms.scale), owner: owner.digest,
                policy: policy, isPublic: terms.isPublic, countMax: Int(terms.countMax), normMax: Int(terms.normMax),
                deposit: terms.deposit)
        else { return nil }
        self = parameters
    }
}

extension TransactionResult.Code {
    fileprivate init(_ failure: VectorFailure) {
        switch failure {
        case .dimension, .component: self = .vectorInvalid
        case .norm: self = .vectorNorm
        case .full: self = .collectionFull
        case .unknown: self = .vectorUnknown
        case .notPermitted: self = .vectorNotPermitted
        case .parameter, .subjectExists, .query, .state:
            preconditionFailure("the collection and its subjects were looked up before")
        }
    }
}
