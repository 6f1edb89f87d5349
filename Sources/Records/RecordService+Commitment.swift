import Codec
package import Cryptography
import GatewayStore
package import LedgerModel
import SupplyChain
package import VectorIndex

/// What a caller gets for a commitment to its private index.
package struct CommitmentReceipt: Sendable {
    /// The job that anchors it, 16 bytes.
    package let jobID: [UInt8]
    /// The commitment is this record, 32 bytes.
    package let recordID: [UInt8]
    /// Records that it covers.
    package let count: Int
}

/// What proves which records of a commitment are nearest to one.
package struct SimilarProof: Sendable {
    /// The commitment's own bundle.
    package let commitment: RecordBundle
    package let query: SearchQuery
    /// The nearest first; subjects are record ids.
    package let answer: [VectorIndex.Neighbour]
    /// What the commitment's root commits to: see `VectorIndex.ProofBody`.
    package let body: [UInt8]
}

extension RecordService {
    /// Commits to the tenant's private index as it stands: a record whose document is an ``IndexCommitment``, durable when this
    /// returns.
    ///
    /// `audit`: its line in the audit log, durable with it; the record becomes its target.
    /// - Throws: `commitment`; `indexOff`, `indexing`, `busy`.
    package func commitIndex(tenant: String, audit: AuditLine?) async throws(RecordsFailure) -> CommitmentReceipt {
        guard let index else { throw .indexOff }
        let commitment: IndexCommitment
        do {
            let found = try await index.committed(tenant: tenant)
            commitment = IndexCommitment(
                root: found.root, count: found.count, rules: EventVector.rules, newest: found.newest, time: now())
        } catch { throw RecordsFailure(error) }
        let document = commitment.encoded()
        let prepared = PreparedCapture(
            mediaType: IndexCommitment.mediaType,
            records: [
                .init(
                    mediaType: IndexCommitment.mediaType, document: document, source: "index",
                    businessKey: commitment.root.bytes, canonical: document)
            ])
        let receipt = try await accept(document, prepared, tenant: tenant) { capture in
            var line = audit
            line?.target = capture.records.first.map { Hex.encode($0.rid) } ?? ""
            return line
        }
        return CommitmentReceipt(
            jobID: receipt.jobID, recordID: receipt.recordIDs[0], count: Int(commitment.count))
    }

    /// Proves which records of a commitment are nearest to a record of the same tenant, itself among them where the commitment
    /// covers it.
    ///
    /// The proof holds vectors of records: whoever gets it can tell what these were made of.
    ///
    /// `limit`: records of the answer at most, 1 to ``similarMax``, beside the one that is asked about.
    /// `probes`: nil to compare all, of at most `SearchProof.exactCountMax` records.
    /// - Throws: `notFound`, `erased`, `notAnchored`, `sealBroken`; `commitment`; `indexOff`, `indexing`, `busy`.
    package func proveSimilar(
        to rid: [UInt8], by commitmentID: [UInt8], tenant: String, limit: Int, probes: SearchQuery.Probes?,
        trusted: Digest?
    ) async throws(RecordsFailure) -> SimilarProof {
        guard let row = try row(rid, tenant: tenant) else { throw .notFound }
        guard let index else { throw .indexOff }
        guard row.erasedAt == nil else { throw .erased }
        let bundle = try await bundle(of: commitmentID, tenant: tenant, trusted: trusted, receipts: false)
        let commitment = try Self.commitment(bundle)
        // An erased one is still known by its row, and no longer among those that are compared.
        guard let newest = try self.row(commitment.newest.bytes, tenant: tenant) else {
            throw .commitment(.outdated)
        }
        guard probes != nil || commitment.count <= SearchProof.exactCountMax else {
            throw .commitment(
                .search(
                    "An exact search proves at most \(SearchProof.exactCountMax) records, the commitment has "
                        + "\(commitment.count): leave mode=exact out."))
        }
        do {
            let found = try await index.proof(
                of: row.row, by: commitment, newest: newest.row, tenant: tenant, limit: limit + 1, probes: probes)
            return SimilarProof(commitment: bundle, query: found.query, answer: found.answer, body: found.body)
        } catch let failure as VectorFailure {
            throw .commitment(.search("The search's numbers are out of range: \(failure)."))
        } catch { throw RecordsFailure(error) }
    }

    private static func commitment(_ bundle: RecordBundle) throws(RecordsFailure) -> IndexCommitment {
        guard let bytes = bundle.recordFile, let mediaType = bundle.mediaType else { throw .erased }
        guard mediaType == IndexCommitment.mediaType, let file = try? RecordFile(decoding: bytes, mediaType: mediaType),
            let commitment = try? IndexCommitment(decoding: file.document)
        else { throw .commitment(.noCommitment) }
        return commitment
    }
}
