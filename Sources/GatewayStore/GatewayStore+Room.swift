import GRDB
import Synchronization

/// Whether what comes in can be stored.
extension GatewayStore {
    /// What is known of a want of room.
    struct Shortage {
        /// Whether the last write that says anything of it failed.
        var isKnown = false
        /// When it was last tried, whoever asked.
        var lastTry: ContinuousClock.Instant?
    }

    /// Bytes that a trial writes: a large capture's, as far as its pages go through the write-ahead log.
    private static let trialBytes = 1 << 20
    /// A trial costs such writes, and anybody may ask.
    private static let trialInterval = Duration.seconds(1)

    /// Refuses where the disk has less than so many bytes, and where a write has failed and a trial fails as well.
    ///
    /// - Throws: ``GatewayStoreFailure``
    package func checkRoom(_ bytes: Int) throws(GatewayStoreFailure) {
        if let free = freeBytes, free < bytes {
            throw GatewayStoreFailure(
                .diskFull,
                "the disk that holds gateway/ has \(free >> 20) MiB left; free \(bytes >> 20) MiB, the gateway goes on by itself"
            )
        }
        guard shortage.withLock({ $0.isKnown }) else { return }
        let now = ContinuousClock.now
        let mayTry = shortage.withLock { shortage in
            if let last = shortage.lastTry, now - last < Self.trialInterval { return false }
            shortage.lastTry = now
            return true
        }
        guard mayTry else {
            throw GatewayStoreFailure(
                .diskFull, "the last write into gateway/ failed; free space, the gateway goes on by itself")
        }
        do {
            try write { database in
                try database.execute(sql: "CREATE TABLE trial (bytes BLOB NOT NULL)")
                try database.execute(
                    sql: "INSERT INTO trial VALUES (zeroblob(?))", arguments: [Self.trialBytes])
                try database.execute(sql: "DROP TABLE trial")
            }
        } catch let failure as GatewayStoreFailure {
            throw failure
        } catch {
            throw GatewayStoreFailure(error)
        }
        shortage.withLock { $0.isKnown = false }
    }

    /// Remembers that the disk took nothing more, however it says so.
    func noteFailedWrite(_ error: DatabaseError) {
        guard error.resultCode == .SQLITE_FULL || error.resultCode == .SQLITE_IOERR else { return }
        shortage.withLock { $0.isKnown = true }
    }
}
