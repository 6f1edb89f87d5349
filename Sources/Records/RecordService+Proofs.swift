import Codec
package import Cryptography
import GatewayStore
import LedgerAccess
package import LedgerModel
import Proofs
import SupplyChain

extension RecordService {
    /// The bundle of a record (bundles.md): everything that a stranger needs to check it without a network.
    ///
    /// `trusted`: a validators hash that the headers shall lead from.
    /// `receipts`: whether to add the validators' receipts.
    package func bundle(
        of rid: [UInt8], tenant: String, trusted: Digest?, receipts: Bool
    ) async throws(RecordsFailure) -> RecordBundle {
        guard let row = try row(rid, tenant: tenant) else { throw .notFound }
        let opened = try open(row)
        do {
            return try await assemble(row, opened: opened, trusted: trusted, receipts: receipts)
        } catch {
            throw RecordsFailure(error)
        }
    }

    /// One validator's receipt for a record (RFC 9942): this node's own, unless another is asked for.
    ///
    /// Its entry is SHA-256(statement); of a record in an interval, the root that `log.inner` of its bundle leads to.
    package func receipt(of rid: [UInt8], tenant: String, validator: Address?) async throws(RecordsFailure) -> [UInt8] {
        guard let row = try row(rid, tenant: tenant) else { throw .notFound }
        guard let place = row.place else { throw .notAnchored }
        do {
            let (height, state) = try await provableLog(covering: place)
            let signatures = try await ledger.receiptSignatures(at: height)
            let own = try await ledger.status().validator
            let chosen =
                validator.map { wanted in signatures.first { $0.validator == wanted } }
                ?? signatures.first { $0.validator == own } ?? signatures.first
            guard let chosen else {
                throw LedgerAccessFailure.notFound("No such validator signed the log of block \(height.value).")
            }
            let path = try await ledger.logInclusion(of: place.leafIndex, treeSize: state.size)
            return Receipt.encode(
                protected: chosen.protected, signature: chosen.signature, treeSize: state.size,
                leafIndex: place.leafIndex, path: path)
        } catch {
            throw RecordsFailure(error)
        }
    }

    /// A record's document and salt, or nil where it was erased.
    private func open(_ row: RecordRow) throws(RecordsFailure) -> (document: [UInt8], salt: [UInt8])? {
        guard row.erasedAt == nil else { return nil }
        guard let payload = row.payload, let wrap = row.wrap, let key = keys.key(of: row.keyGroup),
            let opened = SealedPayload.open(payload: payload, wrap: wrap, groupKey: key)
        else { throw .sealBroken }
        return opened
    }

    /// The newest provable state whose log holds the leaf.
    private func provableLog(covering place: RecordPlace) async throws -> (Height, LogState) {
        let status = try await ledger.status()
        let height = Height(status.height.value - 1)
        guard height.value >= place.height else { throw RecordsFailure.notAnchored }
        let entry = try await ledger.entry(.anchor, key: LogState.key, at: height)
        guard let value = entry.value, let state = try? LogState(decoding: value) else {
            throw RecordsFailure.notAnchored
        }
        return (height, state)
    }

    private func assemble(
        _ row: RecordRow, opened: (document: [UInt8], salt: [UInt8])?, trusted: Digest?, receipts: Bool
    ) async throws -> RecordBundle {
        guard let place = row.place else { throw RecordsFailure.notAnchored }
        guard let issuerAccount = AccountID(row.issuer) else { throw RecordsFailure.sealBroken }
        let (height, state) = try await provableLog(covering: place)
        let logState = try await ledger.entry(.anchor, key: LogState.key, at: height)
        let member = try trees.interval(of: row)
        let anchored = try await ledger.entry(
            .anchor, key: AnchoredRecord.key(member?.entry.rid ?? row.rid), at: height)
        let account = try await ledger.entry(.account, key: AccountEntry.key(issuerAccount), at: height)
        let statement = try Statement.decode(row.statement)
        guard let entry = account.value.flatMap({ try? AccountEntry(decoding: $0) }),
            let listing = entry.keys.first(where: { $0.key.thumbprint == statement.keyThumbprint })
        else { throw RecordsFailure.notAnchored }
        let path = try await ledger.logInclusion(of: place.leafIndex, treeSize: state.size)
        var signed: [[UInt8]] = []
        var registries: [StateEntry] = []
        if receipts {
            for signature in try await ledger.receiptSignatures(at: height) {
                signed.append(
                    Receipt.encode(
                        protected: signature.protected, signature: signature.signature, treeSize: state.size,
                        leafIndex: place.leafIndex, path: path))
                registries.append(
                    try await ledger.entry(.staking, key: ValidatorEntry.key(signature.validator), at: height))
            }
        }
        return RecordBundle(
            ledger: issuer.ledger, headers: try await ledger.headers(for: [height.next], from: trusted),
            recordFile: opened.map {
                RecordFile(salt: $0.salt, mediaType: row.mediaType, document: $0.document).encoded
            },
            mediaType: opened == nil ? nil : row.mediaType,
            eventHash: opened.flatMap { reader.eventHash(of: $0.document, mediaType: row.mediaType) },
            statement: row.statement, anchored: anchored, issuerKey: listing.key, issuerKeyProof: account,
            log: LogInclusion(leafIndex: place.leafIndex, treeSize: state.size, path: path),
            inner: member.map { $0.entry.tree.inclusion(of: $0.ordinal) },
            logState: logState, revision: try await revision(of: statement, at: height), receipts: signed,
            receiptKeys: registries)
    }

    /// The state's word on the revision that a statement was made for; nil where that is the ledger's own.
    private func revision(of statement: Statement, at height: Height) async throws -> StateEntry? {
        guard statement.chainID != issuer.ledger.chainID.text else { return nil }
        return try await ledger.entry(.upgrade, key: RevisionEntry.key(statement.chainID), at: height)
    }
}

/// What the ledger holds of an issuer.
enum IssuerState {
    /// The number that the issuer's next statement must carry.
    static func nextNumber(of issuer: AccountID, on ledger: any LedgerAccess) async throws(LedgerAccessFailure)
        -> UInt64
    {
        let value = try await ledger.value(.anchor, key: AnchorKeys.issuer(issuer))
        return value.flatMap { try? CBOR.decode($0) }?.unsigned ?? 0
    }
}
