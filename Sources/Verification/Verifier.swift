import Codec
import Cryptography
import LedgerModel
import Proofs

/// Checks bundles offline.
public enum Verifier {
    /// Records that a proof of similar records is checked with: as many as an answer has, and the one that was asked about.
    public static let recordsMax = 1_001

    /// Checks a record bundle, a state proof, a proof of a search or a proof of similar records.
    /// - Parameters:
    ///   - bytes: the file.
    ///   - policy: what the verifier trusts and demands.
    ///   - now: nanoseconds since 1970; nil: ages are not checked, and said so.
    ///   - records: with a proof of similar records, bundles of the record that was asked about and of answers: their vectors are
    ///     made again. At most ``recordsMax``.
    /// - Returns: what was found, and the first rule that does not hold, if any.
    public static func verify(
        _ bytes: [UInt8], policy: TrustPolicy, now: UInt64?, records: [[UInt8]] = []
    ) -> VerificationOutcome {
        var outcome = VerificationOutcome(report: VerificationReport(), reason: nil)
        do throws(Refusal) {
            let format = try format(of: bytes)
            try require(
                records.isEmpty || format == SimilarProofFile.format,
                "records: they go with a proof of similar records alone")
            try require(records.count <= recordsMax, "records: more than \(recordsMax)")
            switch format {
            case RecordBundle.format: try RecordCheck.run(bytes, policy, now, &outcome.report)
            case StateProofFile.format: try stateProof(bytes, policy, now, &outcome.report)
            case SearchProofFile.format: try SearchCheck.run(bytes, policy, now, &outcome.report)
            case SimilarProofFile.format: try SimilarCheck.run(bytes, records, policy, now, &outcome.report)
            default:
                throw Refusal(
                    "the file: its format is none of \(RecordBundle.format), \(StateProofFile.format), "
                        + "\(SearchProofFile.format) and \(SimilarProofFile.format)")
            }
        } catch {
            outcome.reason = error.reason
        }
        return outcome
    }

    /// Which record a bundle is about; nil for anything else.
    public static func subject(of bytes: [UInt8]) -> BundleSubject? {
        guard let bundle = try? RecordBundle(decoding: bytes),
            bundle.anchored.key.starts(with: AnchoredRecord.keyPrefix)
        else { return nil }
        return BundleSubject(
            recordID: bundle.inner == nil
                ? Array(bundle.anchored.key.dropFirst(AnchoredRecord.keyPrefix.count)) : nil,
            statement: bundle.statement,
            firstValidatorsHash: bundle.headers[0].signedHeader.header.validatorsHash,
            hasReceipts: !bundle.receipts.isEmpty)
    }

    private static func format(of bytes: [UInt8]) throws(Refusal) -> String? {
        do { return try JSONDocument(parsing: bytes, limits: .bundle).root["format"]?.string } catch {
            throw Refusal("the file is no JSON text: \(error)")
        }
    }

    private static func stateProof(
        _ bytes: [UInt8], _ policy: TrustPolicy, _ now: UInt64?, _ report: inout VerificationReport
    ) throws(Refusal) {
        let file: StateProofFile
        do { file = try StateProofFile(decoding: bytes) } catch { throw Refusal(error) }
        let headers = try HeaderChain.verify(
            file.headers, ledger: file.ledger, entries: [("state proof", file.entry)], policy, now, &report)
        try EntryCheck.run(file.entry, "state proof", under: headers, &report)
        headers.describeTrust(at: file.entry.stateHeight.next, "", policy, now, &report)
    }
}
