import Codec
import Cryptography
package import LedgerModel
package import VectorIndex

/// A proof of a search: the collection's root is the state's, and the search over the proven bytes gives the answer.
enum SearchCheck {
    static func run(
        _ bytes: [UInt8], _ policy: TrustPolicy, _ now: UInt64?, _ report: inout VerificationReport
    ) throws(Refusal) {
        let file: SearchProofFile
        do { file = try SearchProofFile(decoding: bytes) } catch { throw Refusal(error) }
        let entries = [("head", file.head)] + (file.owner.map { [("owner", $0)] } ?? [])
        for (name, entry) in entries {
            try require(entry.store == StoreName.vector.rawValue, "\(name): the entry is not of the store vector")
            try require(
                entry.stateHeight == file.head.stateHeight, "\(name): the entries are not of one state height")
        }
        let headers = try HeaderChain.verify(
            file.headers, ledger: file.ledger, entries: entries.map { (name: $0.0, entry: $0.1) }, policy, now, &report)
        for (name, entry) in entries { try EntryCheck.run(entry, name, under: headers, &report) }
        try search(file, entries.map(\.1), &report)
        headers.describeTrust(at: file.head.stateHeight.next, "", policy, now, &report)
    }

    private static func search(
        _ file: SearchProofFile, _ entries: [StateEntry], _ report: inout VerificationReport
    ) throws(Refusal) {
        // That a header commits to the entries has been checked; that they are the right ones is checked by the proof.
        let proof = SearchProof(
            collection: file.query.collection,
            state: entries.map { SearchProof.StateEntry(key: $0.key, value: $0.value, path: []) }, body: file.body)
        try run(proof, file.query, file.answer)
        let answer = file.answer
        let count = file.head.value.flatMap { CollectionHead(decoding: $0) }?.count ?? 0
        report.holds.append(
            "search: collection \(file.query.collection) of \(count) vectors answers \(show(file.query)) "
                + "with \(answer.count) subjects, computed again from the proven bytes")
        for (index, neighbour) in answer.enumerated() { report.holds.append("answer \(index + 1): \(show(neighbour))") }
        noteProbes(file.query, &report)
        report.unchecked.append("whether the vectors mean what their writers say: the ledger only holds them")
    }

    static func noteProbes(_ query: SearchProofFile.Query, _ report: inout VerificationReport) {
        guard query.probes != nil else { return }
        report.unchecked.append(
            "whether something nearer lies in lists that were not probed: an exact search proves that")
    }

    /// Runs the search again over a proof's bytes, whose state entries are proven, and compares what it gives.
    static func run(
        _ proof: SearchProof, _ query: SearchProofFile.Query, _ claimed: [SearchProofFile.Answer]
    ) throws(Refusal) {
        let found: [Neighbour]
        do throws(ProofFailure) {
            found = try proof.verify(SearchQuery(query)) { _ in true }
        } catch { throw Refusal("search: \(text(of: error))") }
        let answer = found.map(SearchProofFile.Answer.init)
        if let index = zip(answer, claimed).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            throw Refusal(
                "search: answer \(index + 1) is \(show(claimed[index])), where the index gives \(show(answer[index]))"
            )
        }
        try require(
            answer.count == claimed.count,
            "search: the answer has \(claimed.count) subjects, where the index gives \(answer.count)")
    }

    static func show(_ query: SearchProofFile.Query) -> String {
        var parts = [
            query.probes.map {
                "an approximate search (supers \($0.supers), lists \($0.lists), finalists \($0.finalists))"
            }
                ?? "an exact search",
            "limit \(query.limit)",
        ]
        if let distance = query.distanceMax { parts.append("distance at most \(distance)") }
        if let tag = query.tag { parts.append("tag \(tag)") }
        if let owner = query.owner { parts.append("owner \(Hex.encode(owner.bytes))") }
        let hash = SHA256.hash(query.vector.map { UInt8(bitPattern: $0) }).hex
        return parts.joined(separator: ", ") + " for the vector with SHA-256 \(hash)"
    }

    private static func show(_ answer: SearchProofFile.Answer) -> String {
        "kind \(answer.subject.kind), subject \(answer.subject.id.hex), distance \(answer.distance), "
            + "id \(answer.id), tag \(answer.tag)"
    }

    private static func text(of failure: ProofFailure) -> String {
        switch failure {
        case .query: "a number of the query is out of range, or its vector is none of the collection's"
        case .version: "the body is of another version of the index"
        case .tooLong: "the body is too long"
        case .truncated: "the body ends early or goes on"
        case .malformed: "the body is not in its one spelling, or is of another kind of search"
        case .stateEntries: "head or owner is the entry of another key than this query rests on"
        case .notProven: "an entry is not proven"
        case .head: "the head's value is no collection's"
        case .root: "the body does not hash to the root that the state holds"
        case .incomplete: "the body leaves out what this query reads"
        case .surplus: "the body carries what this query does not read"
        }
    }
}

extension SearchQuery {
    package init(_ query: SearchProofFile.Query) {
        let mode: Mode =
            query.probes.map {
                .approximate(
                    Probes(supers: Int($0.supers), lists: Int($0.lists), finalists: Int($0.finalists)))
            } ?? .exact
        self.init(
            query.vector, mode: mode, limit: Int(query.limit), distanceMax: query.distanceMax, tag: query.tag,
            owner: query.owner?.digest)
    }
}

extension SearchProofFile.Answer {
    package init(_ neighbour: Neighbour) {
        self.init(
            subject: VectorSubject(kind: neighbour.subject.kind, id: neighbour.subject.id),
            distance: neighbour.distance, id: neighbour.id, tag: neighbour.label.tag)
    }
}
