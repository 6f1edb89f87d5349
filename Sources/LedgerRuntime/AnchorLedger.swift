import Codec
import Cryptography
package import LedgerModel
package import Proofs

/// The record log (D7): anchor messages append statement hashes, tombstones mark what was erased.
package enum AnchorLedger {
    static let frontierKey = Array("frontier".utf8)
    static func issuerKey(_ issuer: AccountID) -> [UInt8] { Array("issuer/".utf8) + issuer.bytes }

    /// Starts the log with the genesis hash as entry 0, so that every receipt has a path (RFC 9942 §5.2 asks for one).
    static func begin(with genesisHash: Digest, in state: inout some StateAccess) {
        var frontier = LogFrontier()
        frontier.append(TransparencyLog.leafHash(entry: genesisHash.bytes))
        write(frontier, to: &state)
    }

    /// The log's peaks, from which its root follows and to which entries can be appended.
    package static func frontier(in state: some StateAccess) throws(RuntimeFailure) -> LogFrontier {
        guard let bytes = state.value(.anchor, LogState.key), let log = try? LogState(decoding: bytes),
            let peaks = state.value(.anchor, frontierKey),
            let frontier = LogFrontier(
                size: log.size,
                peaks: stride(from: 0, to: peaks.count, by: 32).compactMap { Digest(Array(peaks[$0..<$0 + 32])) }),
            frontier.root == log.root
        else { throw .damagedState("anchor/frontier") }
        return frontier
    }

    static func write(_ frontier: LogFrontier, to state: inout some StateAccess) {
        state.set(.anchor, frontierKey, frontier.peaks.flatMap(\.bytes))
        state.set(.anchor, LogState.key, LogState(size: frontier.size, root: frontier.root).encoded())
    }

    /// The number that the issuer's next statement must carry.
    package static func nextNumber(of issuer: AccountID, in state: some StateAccess) -> UInt64 {
        state.value(.anchor, issuerKey(issuer)).flatMap { try? CBOR.decode($0) }?.unsigned ?? 0
    }

    /// Appends an issuer's statements: the gapless next numbers, no record id that the ledger has (D7).
    static func apply(
        _ message: AnchorMessage, context: BlockContext, rules: ProtocolRules, log: inout LogWriter,
        state: inout TransactionState
    ) -> TransactionResult.Code {
        guard !message.records.isEmpty, message.records.count <= rules.anchorRecordsMax else { return .anchorSize }
        guard message.first == nextNumber(of: message.issuer, in: state) else { return .anchorNotNext }
        let (end, overflow) = message.first.addingReportingOverflow(UInt64(message.records.count))
        guard !overflow else { return .anchorNotNext }
        for (offset, record) in message.records.enumerated() {
            let key = AnchoredRecord.key(record.rid)
            // Reads see this message's own writes, so a record id twice in it is found as well. What was written before
            // a refusal goes with the transaction.
            guard state.value(.anchor, key) == nil else { return .recordExists }
            let index = log.append(record.statementHash)
            let entry = AnchoredRecord(
                leafIndex: index, height: context.height, time: context.time, issuer: message.issuer,
                number: message.first + UInt64(offset))
            state.set(.anchor, key, entry.encoded())
        }
        state.set(.anchor, issuerKey(message.issuer), CBOR.unsigned(end).encoded())
        return .ok
    }

    /// Marks an erased record (privacy.md): only its issuer may, once, and with a reason code.
    static func apply(_ message: TombstoneMessage, context: BlockContext, state: inout TransactionState)
        -> TransactionResult.Code
    {
        guard let bytes = state.value(.anchor, AnchoredRecord.key(message.rid)),
            let record = try? AnchoredRecord(decoding: bytes)
        else { return .recordUnknown }
        guard record.issuer == message.issuer else { return .notTheIssuer }
        let key = Tombstone.key(message.rid)
        guard state.value(.anchor, key) == nil else { return .recordErased }
        state.set(
            .anchor, key,
            Tombstone(height: context.height, time: context.time, reason: message.reason).encoded())
        return .ok
    }
}

/// The log's new entries while one block is executed; a failed transaction's are taken back.
struct LogWriter {
    private(set) var frontier: LogFrontier
    private(set) var entries: [Digest] = []

    init(frontier: LogFrontier) { self.frontier = frontier }

    /// Appends an entry and returns its leaf index.
    mutating func append(_ entry: Digest) -> UInt64 {
        let index = frontier.size
        frontier.append(TransparencyLog.leafHash(entry: entry.bytes))
        entries.append(entry)
        return index
    }
}
