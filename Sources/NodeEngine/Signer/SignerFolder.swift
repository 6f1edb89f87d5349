package import Consensus
package import LedgerModel
import LedgerStore

/// A signer's folder, beside its key: what was signed last.
///
/// | file | content |
/// |---|---|
/// | `consensus.key` | the secret key; its owner's alone |
/// | `signed` | ``SignerRecord`` in a ``SlotFile`` |
/// | `lock` | held by the process that signs |
package enum SignerFolder {
    /// Makes the record of a key that has signed nothing, or nothing later than `record` says.
    package static func create(_ folder: String, _ record: SignerRecord) throws(SignerFailure) {
        do {
            try SlotFile.create(folder + "/signed", in: folder, value: record.encoded)
        } catch { throw SignerFailure(.record, "\(error)") }
    }

    /// Lifts the record of a folder that has one to another, where that is later.
    package static func raise(_ folder: String, to record: SignerRecord) throws(SignerFailure) {
        let (held, file) = try open(folder)
        guard let last = record.last,
            held.last.map({ ($0.height, $0.round, $0.step) < (last.height, last.round, last.step) }) ?? true
        else { return }
        do { try file.replace(by: record.encoded) } catch { throw SignerFailure(.record, "\(error)") }
    }

    /// Turns to the next revision of the ledger that the key has signed for (D23); done before, it changes nothing.
    ///
    /// The signer must be stopped. What it signed before binds nothing any more: every signature names its ledger.
    package static func `continue`(
        _ folder: String, _ old: LedgerIdentity, as new: LedgerIdentity, after height: Int64
    ) throws(SignerFailure) {
        let lock: FolderLock
        do { lock = try FolderLock(folder: folder) } catch { throw SignerFailure(.record, "\(error)") }
        defer { withExtendedLifetime(lock) {} }
        let (held, file) = try open(folder)
        guard held.ledger != new else { return }
        guard held.ledger == old else {
            throw SignerFailure(
                .record,
                "this key signs for \(held.ledger?.chainID.text ?? "no ledger yet"), the genesis continues \(old.chainID)"
            )
        }
        let record = SignerRecord(ledger: new, last: SignState.barring(through: height))
        do { try file.replace(by: record.encoded) } catch { throw SignerFailure(.record, "\(error)") }
    }

    /// Makes a key file that was just written durable, before another copy of it is removed.
    package static func settle(_ folder: String, key path: String) throws(SignerFailure) {
        do { try SlotFile.settle(path, in: folder) } catch { throw SignerFailure(.record, "\(error)") }
    }

    static func open(_ folder: String) throws(SignerFailure) -> (SignerRecord, SlotFile) {
        do {
            let file = try SlotFile(opening: folder + "/signed")
            return (try SignerRecord(decoding: file.value), file)
        } catch {
            throw SignerFailure(
                .record,
                "\(folder)/signed, which says what the key signed last, is missing or does not hold; without it the key "
                    + "could sign twice. Put the key file into keys/ of its node's data folder and run "
                    + "`vivian signer init --from` that folder, into a new signer folder")
        }
    }

    /// What a ledger folder's log says that its validator signed last, for a key that moves out of it.
    ///
    /// No node may run on the folder.
    package static func record(ofLedger folder: String, _ ledger: LedgerIdentity) throws -> SignerRecord {
        let lock = try FolderLock(folder: folder)
        defer { withExtendedLifetime(lock) {} }
        let blocks = try BlockLog(folder: folder)
        let votes = blocks.openVotes + [blocks.lastVote].compactMap { $0 }
        // A validator that is alone notes its blocks only.
        var last = (blocks.lastHeight ?? 0) == 0 ? nil : SignState.barring(through: Int64(blocks.lastHeight ?? 0))
        for bytes in votes {
            let state = try SignState(decoding: bytes)
            if last.map({ ($0.height, $0.round, $0.step) < (state.height, state.round, state.step) }) ?? true {
                last = state
            }
        }
        return SignerRecord(ledger: ledger, last: last)
    }
}
