import Foundation
import LedgerStore

/// The ledger's folder, and those beside it while a node begins another one: from a snapshot, or as a new revision.
///
/// | path | content |
/// |---|---|
/// | `ledger/` | the ledger, `genesis.json`, `address-book.json`; `behind` where nobody can lead it on |
/// | `ledger.incoming/` | a snapshot on its way in (``SnapshotIntake``) |
/// | `ledger.new/` | a ledger that is being made; whole once its `genesis.json` is there |
/// | `ledger.old/` | an empty ledger that was replaced; removed |
/// | `ledger.behind-<height>/` | a ledger that was replaced by a snapshot's; kept for the operator |
/// | `ledger.<chain id>/` | a ledger that a new revision continues (``NewRevision``); kept for the operator |
///
/// A kill at any moment leaves the old ledger or the new one: the new one is whole before the old one moves, and
/// ``recover()`` ends what was begun.
struct LedgerPlace {
    let ledger: String

    var incoming: String { ledger + ".incoming" }
    var made: String { ledger + ".new" }
    private var old: String { ledger + ".old" }
    private var mark: String { ledger + "/behind" }

    /// Ends, or takes back, what a kill has interrupted.
    func recover() throws {
        if exists(made + "/genesis.json"), !exists(ledger) { try move(made, to: ledger) }
        if exists(ledger) { try remove(made) }
        try remove(old)
    }

    /// What is known of the ledger without opening all of it.
    struct Standing {
        /// The last block; 0 for none.
        var height: UInt64 = 0
        /// What its validator's key has signed of late, which a new ledger must know as well (D23).
        var votes: [(height: UInt64, bytes: [UInt8])] = []
        var isBehind = false
        /// Whether a state stands there.
        var hasState = false
    }

    /// Reads it; the caller holds the folder's lock.
    func standing() throws(StoreFailure) -> Standing {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: ledger)) ?? []
        let (isBehind, hasState) = (names.contains("behind"), names.contains { $0.hasPrefix("checkpoint-") })
        guard names.contains(where: { $0.hasPrefix("blocks-") }) else {
            return Standing(isBehind: isBehind, hasState: hasState)
        }
        let blocks = try BlockLog(folder: ledger)
        return Standing(
            height: blocks.lastHeight ?? 0, votes: blocks.carriedVotes, isBehind: isBehind, hasState: hasState)
    }

    /// Notes that nobody can lead this ledger on, for the next start.
    func markBehind() throws { try write([], to: mark) }

    func unmarkBehind() throws { try remove(mark) }

    /// Puts the ledger that was made in the old one's place, with what the old one's folder says of the network.
    ///
    /// - Parameters:
    ///   - name: what the old one's folder is called from now on, `ledger.` aside; nil removes it.
    ///   - genesis: of the ledger that was made; nil where that is the old one's.
    /// - Returns: where the old one stands now; nil where it was removed.
    /// - Throws: where a file cannot be written or moved; the old one stands then, or ``recover()`` ends it.
    func replace(keeping name: String?, genesis: [UInt8]? = nil) throws -> String? {
        let files = FileManager.default
        let book = "/address-book.json"
        if exists(ledger + book) { try files.copyItem(atPath: ledger + book, toPath: made + book) }
        guard let genesis = genesis ?? files.contents(atPath: ledger + "/genesis.json").map(Array.init) else {
            throw NodeFailure.inconsistent("\(ledger)/genesis.json cannot be read")
        }
        // Last, since it says that the folder is whole.
        try write(genesis, to: made + "/genesis.json")
        let kept = name.map { free("\(ledger).\($0)") }
        try move(ledger, to: kept ?? old)
        try move(made, to: ledger)
        try remove(old)
        return kept
    }

    private func free(_ path: String) -> String {
        var (name, count) = (path, 1)
        while exists(name) {
            count += 1
            name = "\(path)-\(count)"
        }
        return name
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func remove(_ path: String) throws {
        if exists(path) { try FileManager.default.removeItem(atPath: path) }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try DurableFile.write(bytes, to: path)
    }

    private func move(_ path: String, to target: String) throws { try DurableFile.move(path, to: target) }
}
