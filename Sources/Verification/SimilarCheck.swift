import Cryptography
import LedgerModel
import SupplyChain
import VectorIndex

/// A proof of which records a private index finds like one: the commitment is a logged record, and the search over the bytes
/// that its root commits to gives the answer.
enum SimilarCheck {
    /// `records`: bundles of the record that was asked about and of answers, which the reader holds.
    static func run(
        _ bytes: [UInt8], _ records: [[UInt8]], _ policy: TrustPolicy, _ now: UInt64?,
        _ report: inout VerificationReport
    ) throws(Refusal) {
        let file: SimilarProofFile
        do { file = try SimilarProofFile(decoding: bytes) } catch { throw Refusal(error) }
        let commitment = try commitment(file, policy, now, &report)
        let parameters = try parameters(file.body)
        var head = CollectionHead()
        head.count = commitment.count
        head.root = commitment.root
        let proof = SearchProof(
            collection: file.query.collection,
            state: [
                SearchProof.StateEntry(
                    key: VectorStateKey(collection: file.query.collection).head, value: head.encoded(), path: [])
            ], body: file.body)
        try SearchCheck.run(proof, file.query, file.answer)
        try require(
            file.answer.allSatisfy { $0.subject.kind == IndexCommitment.subjectKind },
            "search: the index holds what is no record")
        report.holds.append(
            "search: of these \(commitment.count) records \(SearchCheck.show(file.query)) finds just these "
                + "\(file.answer.count), computed again from the proven bytes")
        for (index, answer) in file.answer.enumerated() {
            report.holds.append(
                "answer \(index + 1): record \(answer.subject.id.hex), distance "
                    + "\(distance(answer.distance, parameters)), the index's number \(answer.id)")
        }
        try subject(file, &report)
        for (index, record) in records.enumerated() {
            do throws(Refusal) {
                try held(record, file, commitment, policy, now, &report)
            } catch { throw Refusal("record \(index + 1) in hand: \(error.reason)") }
        }
        SearchCheck.noteProbes(file.query, &report)
        report.unchecked.append(
            "whether the gateway put all of its records into the index: a commitment tells of what is in it alone")
        report.unchecked.append(
            "whether vectors of other records than those in hand were made of them, by rules \(commitment.rules.hex): "
                + "whoever holds a record makes its vector again")
    }

    /// The commitment is a record that was logged, and what it says.
    private static func commitment(
        _ file: SimilarProofFile, _ policy: TrustPolicy, _ now: UInt64?, _ report: inout VerificationReport
    ) throws(Refusal) -> IndexCommitment {
        let record: RecordFile?
        let anchored: AnchoredRecord
        do throws(Refusal) {
            (record, anchored) = try RecordCheck.run(file.commitment, policy, now, &report)
        } catch { throw Refusal("commitment: \(error.reason)") }
        guard let record else { throw Refusal("commitment: the bundle does not show its record") }
        try require(
            record.mediaType.utf8.elementsEqual(IndexCommitment.mediaType.utf8),
            "commitment: the record is no \(IndexCommitment.mediaType)")
        let commitment: IndexCommitment
        do { commitment = try IndexCommitment(decoding: record.document) } catch { throw Refusal(error) }
        let time = Timestamp(nanosecondsSince1970: commitment.time)
        report.holds.append(
            "commitment: account \(anchored.issuer.digest.hex) committed to the newest \(commitment.count) records of its "
                + "private index at \(TimeText.show(time)) by its own clock, logged in block \(anchored.height) at "
                + "\(TimeText.show(anchored.time)); the last of them is \(commitment.newest.hex)")
        return commitment
    }

    /// The parameters that a body begins with; that the root commits to them is the search's to say.
    private static func parameters(_ body: [UInt8]) throws(Refusal) -> CollectionParameters {
        let parameters = try? CollectionParameters(decoding: Array(body.prefix(CollectionParameters.byteCount)))
        guard let parameters, parameters.metric == .squaredL2 else {
            throw Refusal("search: the body is of no index of records")
        }
        return parameters
    }

    /// 1,000 x (1 - cosine), as the gateway shows it: vectors have the length 2^scale.
    private static func distance(_ squared: Int32, _ parameters: CollectionParameters) -> Int {
        min(2_000, (Int(squared) * 1_000) >> (2 * parameters.scale + 1))
    }

    /// Where the index holds the record that was asked about, it was asked about by the vector that it holds.
    private static func subject(_ file: SimilarProofFile, _ report: inout VerificationReport) throws(Refusal) {
        guard let own = file.answer.first(where: { $0.subject.id == file.record }) else {
            report.unchecked.append(
                "whether the index holds record \(file.record.hex), whose vector the query is said to be: it is not among "
                    + "the answers")
            return
        }
        // Squared distance 0: the two vectors are equal.
        try require(own.distance == 0, "record: the index holds another vector of \(file.record.hex)")
        report.holds.append(
            "record: the query is the vector that the index holds of record \(file.record.hex)")
    }

    /// A record that the reader holds: made again, its vector is the query, or as far from it as the answer says.
    private static func held(
        _ bytes: [UInt8], _ file: SimilarProofFile, _ commitment: IndexCommitment, _ policy: TrustPolicy,
        _ now: UInt64?, _ report: inout VerificationReport
    ) throws(Refusal) {
        // What holds of the bundle is not told again line by line.
        var own = VerificationReport()
        guard let record = try RecordCheck.run(bytes, policy, now, &own).file else {
            throw Refusal("the bundle does not show its record")
        }
        try require(
            commitment.rules == EventVector.rules,
            "the commitment's vectors were made by rules that this verifier does not know")
        guard let vector = EventVector.vector(of: record.document, mediaType: record.mediaType),
            vector.count == file.query.vector.count
        else { throw Refusal("it is no EPCIS event, or too large a one: it has no vector") }
        // Of one that was anchored by interval no id stands on the ledger.
        let id = Verifier.subject(of: bytes)?.recordID.flatMap { Digest($0) }
        guard let id else {
            try require(
                vector == file.query.vector, "it names no id, and the query is not the vector of its document")
            report.holds.append(
                "a record in hand that was anchored by interval: the query is the vector that is made of its document; "
                    + "that its id is \(file.record.hex) is the file's word")
            return
        }
        if id == file.record {
            try require(vector == file.query.vector, "the query is not the vector of its document")
            report.holds.append("record \(id.hex): the query is the vector that is made of its document")
            return
        }
        guard let place = file.answer.firstIndex(where: { $0.subject.id == id }) else {
            throw Refusal("\(id.hex) is neither the record that was asked about nor an answer")
        }
        let squared = zip(vector, file.query.vector).reduce(Int32(0)) { sum, pair in
            let difference = Int32(pair.0) - Int32(pair.1)
            return sum + difference * difference
        }
        try require(
            squared == file.answer[place].distance,
            "the vector of its document is not as far from the query as answer \(place + 1) says")
        report.holds.append(
            "record \(id.hex): the vector that is made of its document is as far from the query as answer \(place + 1) says"
        )
    }
}
