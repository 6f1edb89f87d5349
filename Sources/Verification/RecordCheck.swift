import Codec
import Cryptography
import LedgerModel
import Proofs
import SupplyChain

/// A record bundle, rule by rule in the order of bundles.md.
enum RecordCheck {
    /// - Returns: the record's file, nil where the bundle does not show it, and where it was logged.
    @discardableResult
    static func run(
        _ bytes: [UInt8], _ policy: TrustPolicy, _ now: UInt64?, _ report: inout VerificationReport
    ) throws(Refusal) -> (file: RecordFile?, anchored: AnchoredRecord) {
        let bundle: RecordBundle
        do { bundle = try RecordBundle(decoding: bytes) } catch { throw Refusal(error) }
        let statement = try statement(bundle, &report)
        let file = try recordFile(bundle, statement, &report)

        var entries = [
            ("anchored", bundle.anchored), ("issuerKeyProof", bundle.issuerKeyProof), ("logState", bundle.logState),
        ]
        if let revision = bundle.revision { entries.append(("revision", revision)) }
        entries += bundle.receiptKeys.enumerated().map { ("receiptKeys \($0)", $1) }
        let headers = try HeaderChain.verify(
            bundle.headers, ledger: bundle.ledger, entries: entries.map { (name: $0.0, entry: $0.1) }, policy, now,
            &report)
        for (name, entry) in entries { try EntryCheck.run(entry, name, under: headers, &report) }

        let entry = try inclusion(bundle, &report)
        let home = try home(of: statement, bundle, &report)
        let anchored = try anchored(bundle, statement, home, headers, &report)
        try issuer(bundle, statement, home, anchored, &report)
        let operators = try ReceiptCheck.run(bundle, entry: entry, headers, &report)

        try require(
            bundle.receipts.count >= policy.minReceipts,
            "policy: \(bundle.receipts.count) receipts, at least \(policy.minReceipts) wanted")
        try require(
            operators.count >= policy.minOperators,
            "policy: \(operators.count) operators are known from receiptKeys, at least \(policy.minOperators) wanted")
        let height = bundle.logState.stateHeight.next
        headers.describeTrust(at: height, "log state ", policy, now, &report)
        report.restsOn.append(
            bundle.receipts.isEmpty
                ? "no receipts, the headers' commits alone"
                : "\(bundle.receipts.count) receipts by \(operators.count) operators: "
                    + operators.sorted().joined(separator: ", "))
        let count = headers.header(height)?.validators.members.count ?? 0
        if bundle.receipts.count < count {
            report.unchecked.append(
                "who operates \(count - bundle.receipts.count) of \(count) validators: only receiptKeys say it")
        }
        return (file, anchored)
    }

    /// The statement is well-formed and signed by the key in the file.
    private static func statement(_ bundle: RecordBundle, _ report: inout VerificationReport) throws(Refusal)
        -> Statement
    {
        let statement: Statement
        do { statement = try Statement.decode(bundle.statement) } catch { throw Refusal("statement: \(error)") }
        try require(
            statement.keyThumbprint == bundle.issuerKey.thumbprint, "statement: kid is not the thumbprint of issuerKey")
        try require(statement.isSigned(by: bundle.issuerKey), "statement: the signature does not hold")
        report.holds.append("statement: number \(statement.sequence) of \(statement.issuer), signed by issuerKey")
        return statement
    }

    /// The record file is what the statement is about, and its event hash is computed again, never trusted.
    private static func recordFile(
        _ bundle: RecordBundle, _ statement: Statement, _ report: inout VerificationReport
    ) throws(Refusal) -> RecordFile? {
        try require(
            (bundle.recordFile == nil) == (bundle.mediaType == nil),
            "record: mediaType goes with recordFile, and only with it")
        guard let bytes = bundle.recordFile, let mediaType = bundle.mediaType else {
            try require(bundle.eventHash == nil, "record: hashes without recordFile")
            report.holds.append("record: something with SHA-256 \(statement.recordHash.hex) exists; it is not shown")
            return nil
        }
        try require(SHA256.hash(bytes) == statement.recordHash, "record file: the hash is not the statement's")
        let file: RecordFile
        do { file = try RecordFile(decoding: bytes, mediaType: mediaType) } catch { throw Refusal(error) }
        report.holds.append(
            "record: the statement is about this document of \(file.document.count) bytes, \(mediaType), "
                + "SHA-256 \(SHA256.hash(file.document).hex)")
        if let claimed = bundle.eventHash { try EventHashCheck.run(claimed, document: file.document, &report) }
        return file
    }

    /// The statement's entry is in the log of that size, and the state holds the root.
    /// - Returns: the outer entry.
    private static func inclusion(_ bundle: RecordBundle, _ report: inout VerificationReport) throws(Refusal) -> Digest
    {
        var entry = SHA256.hash(bundle.statement)
        if let inner = bundle.inner {
            // Padded to a power of two, else nothing binds its size.
            try require(inner.treeSize.nonzeroBitCount == 1, "log.inner: not padded to a power of two")
            entry = try root(inner, of: entry, "log.inner")
            report.holds.append(
                "log.inner: the statement is number \(inner.leafIndex) of \(inner.treeSize) in its interval's tree")
        }
        let root = try root(bundle.log, of: entry, "log")
        try require(
            bundle.logState.store == StoreName.anchor.rawValue && bundle.logState.key == LogState.key,
            "logState: not the log of store anchor")
        try require(
            bundle.logState.value == LogState(size: bundle.log.treeSize, root: root).encoded(),
            "log: size or root is not the one in logState")
        report.holds.append(
            "log: the statement is in the log of \(bundle.log.treeSize) leaves that the ledger holds after block "
                + "\(bundle.logState.stateHeight)")
        return entry
    }

    private static func root(_ log: LogInclusion, of entry: Digest, _ name: String) throws(Refusal) -> Digest {
        do {
            return try TransparencyLog.root(
                fromInclusionOf: TransparencyLog.leafHash(entry: entry.bytes), index: log.leafIndex,
                size: log.treeSize, path: log.path)
        } catch { throw Refusal("\(name): \(error)") }
    }

    /// The ledger that the statement was made for, and up to which height: this one, or an earlier revision of it that
    /// its state names (D23).
    private static func home(
        of statement: Statement, _ bundle: RecordBundle, _ report: inout VerificationReport
    ) throws(Refusal) -> (ledger: LedgerIdentity, last: Height?) {
        if statement.chainID.utf8.elementsEqual(bundle.ledger.chainID.text.utf8),
            statement.genesisHash == bundle.ledger.genesisHash
        {
            try require(bundle.revision == nil, "revision: the statement is of this ledger")
            return (bundle.ledger, nil)
        }
        guard let entry = bundle.revision, let value = entry.value else {
            throw Refusal("statement: made for another ledger")
        }
        try require(
            entry.store == StoreName.upgrade.rawValue && entry.key == RevisionEntry.key(statement.chainID),
            "revision: not that of the statement's chain id")
        guard let revision = try? RevisionEntry(decoding: value), let chainID = try? ChainID(statement.chainID) else {
            throw Refusal("revision: malformed")
        }
        try require(revision.genesisHash == statement.genesisHash, "statement: made for another ledger")
        report.holds.append(
            "revision: \(bundle.ledger.chainID) continues \(chainID), genesis hash \(revision.genesisHash.hex), whose last "
                + "block is \(revision.last); the statement was made for that")
        return (LedgerIdentity(chainID: chainID, genesisHash: statement.genesisHash), revision.last)
    }

    /// Where, when and by whom it was logged.
    private static func anchored(
        _ bundle: RecordBundle, _ statement: Statement, _ home: (ledger: LedgerIdentity, last: Height?),
        _ headers: HeaderChain, _ report: inout VerificationReport
    ) throws(Refusal) -> AnchoredRecord {
        let entry = bundle.anchored
        guard entry.store == StoreName.anchor.rawValue, let value = entry.value else {
            throw Refusal("anchored: not an entry of store anchor")
        }
        try require(
            entry.key.starts(with: AnchoredRecord.keyPrefix)
                && entry.key.count == AnchoredRecord.keyPrefix.count + Digest.byteCount,
            "anchored: the key is not record/ and 32 bytes")
        let record: AnchoredRecord
        do { record = try AnchoredRecord(decoding: value) } catch { throw Refusal("anchored: \(error)") }
        try require(record.leafIndex == bundle.log.leafIndex, "anchored: leaf \(record.leafIndex) is not that of log")
        try require(
            home.ledger.did(record.issuer).utf8.elementsEqual(statement.issuer.utf8),
            "anchored: the account is not the statement's issuer")
        try require(
            record.number == statement.sequence, "anchored: number \(record.number) is not the statement's")
        try require(record.height <= entry.stateHeight, "anchored: the height is above that of its own state")
        try require(record.height <= bundle.logState.stateHeight, "anchored: the height is above that of logState")
        if let last = home.last {
            try require(record.height <= last, "anchored: the height is above the last of the statement's revision")
        }
        if let header = headers.header(record.height) {
            try require(header.header.time == record.time, "anchored: the time is not that of header \(record.height)")
        }
        report.holds.append(
            "anchored: logged in block \(record.height), \(TimeText.show(record.time)), as leaf \(record.leafIndex) of the "
                + "log, number \(record.number) of account \(Hex.encode(record.issuer.bytes))")
        return record
    }

    /// The issuer's account lists the key for the height at which the statement was logged.
    private static func issuer(
        _ bundle: RecordBundle, _ statement: Statement, _ home: (ledger: LedgerIdentity, last: Height?),
        _ anchored: AnchoredRecord, _ report: inout VerificationReport
    ) throws(Refusal) {
        let entry = bundle.issuerKeyProof
        guard entry.store == StoreName.account.rawValue, let value = entry.value else {
            throw Refusal("issuerKeyProof: not an entry of store account")
        }
        guard let account = AccountID(entry.key) else { throw Refusal("issuerKeyProof: the key is no account id") }
        try require(
            home.ledger.did(account).utf8.elementsEqual(statement.issuer.utf8),
            "issuerKeyProof: the account is not the statement's issuer")
        try require(
            entry.stateHeight >= anchored.height, "issuerKeyProof: older than height \(anchored.height) in anchored")
        let listed: AccountEntry
        do { listed = try AccountEntry(decoding: value) } catch { throw Refusal("issuerKeyProof: \(error)") }
        try require(
            listed.keys.contains { $0.key == bundle.issuerKey && $0.covers(anchored.height) },
            "issuerKeyProof: the key is not listed for height \(anchored.height)")
        report.holds.append(
            "issuer: account \(Hex.encode(account.bytes)) lists issuerKey for height \(anchored.height)")
    }
}
