import Codec
import Cryptography
import Embedding
import LedgerModel
import VectorIndex

/// The registry of models, datasets and statements: who published which version, what it rests on, and what rests on it.
///
/// The subjects of a kind are listed in the order of their first versions, beside their count.
///
/// Edges lead to versions that were published before, so they make no circle. Each is written down on both sides, beside a
/// count: whoever asks what was made of a dataset can prove that nothing is left out.
///
/// The ledger embeds title and text of each subject's newest version itself (`TextEmbedder`) into a collection of its own
/// account, which it makes when it first needs it: nobody else can write there, and a search in it is proven as in any other.
/// A vector's tag is its subject's kind.
enum RegistryLedger {
    /// Publishes the next version of a subject.
    ///
    /// The same version once more with the same card is harmless and changes nothing.
    static func apply(
        _ message: PublishMessage, context: BlockContext, rules: VectorRules, vectors: inout VectorWriter,
        state: inout TransactionState
    ) -> TransactionResult.Code {
        let (target, card) = (message.target, message.card)
        let bytes = card.title.utf8.count + card.text.utf8.count
        let gas = rules.operationGas * (1 + card.edges.count) + rules.embeddingByteGas * bytes
        if let code = vectors.spend(gas, rules) { return code }
        if let entry = entry(target, in: state) {
            return entry.card == card && entry.withdrawal == nil ? .ok : .registryExists
        }
        let newestKey = RegistryKeys.newest(target.subject)
        let (next, overflow) = RegistryKeys.number(state.value(.registry, newestKey)).addingReportingOverflow(1)
        guard !overflow, target.number == next else { return .registryNotNext }
        for edge in card.edges {
            guard let other = entry(edge.version, in: state) else { return .registryEdgeUnknown }
            guard other.withdrawal == nil else { return .registryEdgeWithdrawn }
        }
        let entry = RegistryEntry(
            publisher: message.publisher, name: message.name, card: card, height: context.height, time: context.time)
        state.set(.registry, RegistryKeys.entry(target), entry.encoded())
        state.set(.registry, newestKey, next.bigEndianBytes)
        if next == 1 {
            let countKey = RegistryKeys.subjectCount(message.kind)
            let count = RegistryKeys.number(state.value(.registry, countKey))
            state.set(.registry, RegistryKeys.subject(message.kind, count), target.subject.id.bytes)
            state.set(.registry, countKey, (count + 1).bigEndianBytes)
        }
        for edge in card.edges {
            let countKey = RegistryKeys.useCount(edge.version)
            let count = RegistryKeys.number(state.value(.registry, countKey))
            let use = RegistryEdge(edge.relation, target)
            state.set(.registry, RegistryKeys.use(edge.version, count), use.cbor.encoded())
            state.set(.registry, countKey, (count + 1).bigEndianBytes)
        }
        return embed(
            card, as: target.subject, context: context, rules: rules, vectors: &vectors, state: &state)
    }

    /// Takes a version's words out of the newest state; what it is the digest of, and its edges, stay.
    static func apply(
        _ message: WithdrawMessage, context: BlockContext, rules: VectorRules, vectors: inout VectorWriter,
        state: inout TransactionState
    ) -> TransactionResult.Code {
        let target = message.target
        if let code = vectors.spend(rules.operationGas, rules) { return code }
        guard var entry = entry(target, in: state) else { return .registryUnknown }
        guard entry.withdrawal == nil else { return .registryWithdrawn }
        entry.withdrawal = RegistryEntry.Withdrawal(
            reason: message.reason, height: context.height, time: context.time)
        entry.card.title = ""
        entry.card.text = ""
        entry.card.measures = []
        state.set(.registry, RegistryKeys.entry(target), entry.encoded())
        guard RegistryKeys.number(state.value(.registry, RegistryKeys.newest(target.subject))) == target.number else {
            return .ok
        }
        return index(nil, as: target.subject, collection: collection(in: state), rules, &vectors, state)
    }

    static func entry(_ version: RegistryVersion, in state: some StateAccess) -> RegistryEntry? {
        state.value(.registry, RegistryKeys.entry(version)).flatMap { try? RegistryEntry(decoding: $0) }
    }

    // MARK: The ledger's own collection

    /// The number of the ledger's collection; 0 until something was published.
    private static func collection(in state: some StateAccess) -> UInt32 {
        CollectionKeys.number(
            state.value(.vector, CollectionKeys.name(RegistryKeys.ledgerAccount, RegistryKeys.collection)))
    }

    /// Gives a subject the vector of its newest words.
    private static func embed(
        _ card: RegistryCard, as subject: VectorSubject, context: BlockContext, rules: VectorRules,
        vectors: inout VectorWriter, state: inout TransactionState
    ) -> TransactionResult.Code {
        var number = collection(in: state)
        if number == 0 {
            number = create(context: context, vectors: &vectors, state: &state)
            if let code = vectors.spend(rules.creationGas, rules) { return code }
        }
        // Words that the embedder cannot do anything with are published all the same, and not found by their meaning.
        let vector = try? TextEmbedder.standard.vector(of: card.title + "\n" + card.text)
        return index(vector, as: subject, collection: number, rules, &vectors, state)
    }

    /// Puts, replaces or takes out the vector of a subject.
    private static func index(
        _ vector: [Int8]?, as subject: VectorSubject, collection number: UInt32, _ rules: VectorRules,
        _ vectors: inout VectorWriter, _ state: TransactionState
    ) -> TransactionResult.Code {
        let owner = RegistryKeys.ledgerAccount.digest
        let place = Subject(kind: subject.kind, id: subject.id)
        let code = vectors.change(number, rules: rules, block: state.block) {
            (collection, reader, cost) throws(VectorFailure) in
            switch (vector, collection.id(of: place, state: reader)) {
            case (let vector?, nil):
                _ = try collection.insert(
                    vector, subject: place, tag: UInt32(subject.kind), owner: owner, state: reader, cost: &cost)
            case (let vector?, _?):
                _ = try collection.replace(
                    place, by: vector, tag: UInt32(subject.kind), owner: owner, state: reader, cost: &cost)
            case (nil, _?): try collection.delete(place, by: owner, state: reader, cost: &cost)
            case (nil, nil): break
            }
        }
        // The registry itself is never full: what the index has no room for is only not found by its meaning.
        return code == .collectionFull ? .ok : code
    }

    /// Makes the ledger's collection: its number counts among all, but takes no place from anybody.
    private static func create(
        context: BlockContext, vectors: inout VectorWriter, state: inout TransactionState
    ) -> UInt32 {
        let account = RegistryKeys.ledgerAccount
        let embedder = TextEmbedder.standard
        guard
            let parameters = try? CollectionParameters(
                metric: .cosine, dimension: embedder.dimension, scale: embedder.length.trailingZeroBitCount,
                owner: account.digest)
        else { preconditionFailure("the embedder's own dimension and length") }
        return VectorLedger.add(
            parameters, of: account, named: RegistryKeys.collection, context: context, vectors: &vectors, state: &state)
    }
}
