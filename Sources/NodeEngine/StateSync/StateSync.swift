import Consensus
package import LedgerRuntime
import LedgerStore
package import Logging
package import PeerNetwork

/// How a node begins from a snapshot of its peers, before it is made: where its ledger is empty, or was left behind.
///
/// What is decided is ``SnapshotFetch``'s; here its effects are performed, on links of their own that end before the
/// node's begin.
package struct StateSync {
    package struct Configuration: Sendable {
        /// `ledger/` of the data folder, with the genesis in it.
        package var ledger: String
        package var genesis: Genesis
        /// A header that the operator knows; nil trusts genesis' validators and those that they led to.
        package var trusted: TrustedHeader?
        /// Peers that are dialled always.
        package var peersExpected: Int

        package init(ledger: String, genesis: Genesis, trusted: TrustedHeader?, peersExpected: Int) {
            self.ledger = ledger
            self.genesis = genesis
            self.trusted = trusted
            self.peersExpected = peersExpected
        }
    }

    /// Ends what a kill has interrupted: before anything is read of the ledger.
    package static func recover(ledger: String) throws(NodeFailure) {
        do { try LedgerPlace(ledger: ledger).recover() } catch { throw NodeFailure(wrapping: error) }
    }

    /// Begins the ledger from a snapshot, where that is the way; returns when a node may be made on the folder.
    ///
    /// `network` makes the links, which are run here and ended.
    package static func run(
        _ configuration: Configuration, logger: Logger, network: () throws -> PeerNetworkService
    ) async throws {
        let place = LedgerPlace(ledger: configuration.ledger)
        let lock: FolderLock
        let standing: LedgerPlace.Standing
        do {
            lock = try FolderLock(folder: configuration.ledger)
            standing = try place.standing()
        } catch { throw NodeFailure.store(error) }
        defer { withExtendedLifetime(lock) {} }
        // A revision that continues another begins with a state, and may have no block yet.
        let hasBegun = standing.height > 0 || (configuration.genesis.continues != nil && standing.hasState)
        guard !hasBegun || standing.isBehind else {
            // A kill may have come between the ledger's last step and this.
            do { return try SnapshotIntake(folder: place.incoming).clear() } catch { throw NodeFailure.store(error) }
        }
        let links = try network()
        let host = StateSyncHost(configuration, place: place, standing: standing, network: links, logger: logger)
        let outcome = try await host.run()
        do {
            switch outcome {
            case .begun(let height):
                let kept = try place.replace(keeping: hasBegun ? "behind-\(standing.height)" : nil)
                try SnapshotIntake(folder: place.incoming).clear()
                logger.notice("the ledger begins from a snapshot", metadata: ["height": "\(height)"])
                if let kept {
                    logger.warning(
                        "no peer could lead the old ledger on; it was moved aside and may be removed",
                        metadata: ["folder": "\(kept)", "height": "\(standing.height)"])
                }
            case .blocks(let reason):
                try place.unmarkBehind()
                try place.recover()
                logger.notice("the ledger is followed block by block", metadata: ["reason": "\(reason)"])
            }
        } catch { throw NodeFailure(wrapping: error) }
    }
}

extension NodeFailure {
    init(wrapping error: any Error) {
        switch error {
        case let error as NodeFailure: self = error
        case let error as StoreFailure: self = .store(error)
        default: self = .inconsistent("\(error)")
        }
    }
}
