import Consensus
import Cryptography
import LedgerModel
import LedgerStore
import Logging
import PeerNetwork

/// Performs the effects of one ``SnapshotFetch``, on a queue of its own: it writes, and it computes roots.
actor StateSyncHost {
    /// How often the machine is told the time.
    private static let tick: Duration = .seconds(1)
    /// How often progress is logged.
    private static let progressNanoseconds: UInt64 = 5_000_000_000
    private static let banSeconds = 600

    private let executor = QueueExecutor(label: "vivian.state-sync")
    private let configuration: StateSync.Configuration
    private let place: LedgerPlace
    private let standing: LedgerPlace.Standing
    private let network: PeerNetworkService
    private let logger: Logger
    private let intake: SnapshotIntake
    private var fetch: SnapshotFetch
    private var manifest: Snapshot.Manifest?
    /// The operator's header, once a peer has sent it.
    private var anchor: UnverifiedHeader?
    private var byteCount = 0
    private var progressAt: UInt64 = 0
    private var result: Result<SnapshotFetch.Outcome, any Error>?
    private var waiter: CheckedContinuation<SnapshotFetch.Outcome, any Error>?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        _ configuration: StateSync.Configuration, place: LedgerPlace, standing: LedgerPlace.Standing,
        network: PeerNetworkService, logger: Logger
    ) {
        self.configuration = configuration
        self.place = place
        self.standing = standing
        self.network = network
        self.logger = logger
        intake = SnapshotIntake(folder: place.incoming)
        fetch = SnapshotFetch(
            SnapshotFetch.Settings(
                height: standing.height, peersExpected: configuration.peersExpected, preferred: intake.content),
            at: SystemClock.steady())
    }

    /// Runs the links until the outcome is there, and ends them.
    func run() async throws -> SnapshotFetch.Outcome {
        let network = network
        let linking = Task { try await network.run() }
        let listening = Task { for await event in network.events() { self.take(event) } }
        let ticking = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.tick)
                self.receive(.tick)
            }
        }
        // Links that cannot be made end it.
        let watching = Task {
            if case .failure(let error) = await linking.result { self.end(.failure(error)) }
        }
        defer { watching.cancel() }
        let outcome = await outcome()
        ticking.cancel()
        linking.cancel()
        _ = await linking.result
        listening.cancel()
        return try outcome.get()
    }

    private func outcome() async -> Result<SnapshotFetch.Outcome, any Error> {
        if let result { return result }
        do {
            return .success(try await withCheckedThrowingContinuation { waiter = $0 })
        } catch { return .failure(error) }
    }

    private func end(_ outcome: Result<SnapshotFetch.Outcome, any Error>) {
        guard result == nil else { return }
        result = outcome
        waiter?.resume(with: outcome)
        waiter = nil
    }

    private func take(_ event: PeerEvent) {
        switch event {
        case .connected(let peer, _, _):
            receive(.connected(NodeID(peer)))
            askForAnchor(peer)
        case .disconnected(let peer, _): receive(.disconnected(NodeID(peer)))
        case .received(let peer, .snapshots, let bytes):
            guard let message = try? SnapshotMessage(decoding: bytes) else {
                return network.ban(peer, seconds: Self.banSeconds, reason: "a snapshot message that cannot be read")
            }
            if case .header(_, let signed, let validators) = message { takeAnchor(signed, validators) }
            receive(.received(message, from: NodeID(peer)))
        // The rest is for a node that is there.
        case .received: break
        }
    }

    private func receive(_ input: SnapshotFetch.Input) {
        var inputs = [input]
        while !inputs.isEmpty, result == nil {
            let effects = fetch.receive(inputs.removeFirst(), at: SystemClock.steady())
            do {
                for effect in effects { inputs += try perform(effect) }
            } catch { end(.failure(NodeFailure(wrapping: error))) }
        }
        reportProgress()
    }

    /// Performs an effect; what it answers.
    private func perform(_ effect: SnapshotFetch.Effect) throws -> [SnapshotFetch.Input] {
        switch effect {
        case .send(let message, let peer):
            _ = network.send(message.encoded, lane: .snapshots, to: PeerID(peer))
            return []
        case .judge(let bytes, let offer): return [try judge(bytes, of: offer)]
        case .keep(let index, let bytes):
            byteCount += bytes.count
            try intake.keep(index, bytes)
            return []
        case .begin: return [try begin()]
        case .ban(let peer, let reason):
            logger.warning("a peer broke the rules", metadata: ["peer": "\(PeerID(peer))", "reason": "\(reason)"])
            network.ban(PeerID(peer), seconds: Self.banSeconds, reason: reason)
            return []
        case .finish(let outcome):
            end(.success(outcome))
            return []
        }
    }

    // MARK: The manifest

    private func judge(_ bytes: [UInt8], of offer: SnapshotOffer) throws -> SnapshotFetch.Input {
        guard let made = Snapshot.manifest(decoding: bytes), made.content == offer.content, made.height == offer.height
        else { return .manifestRefused(reason: "it is not that of the offer") }
        let headers: [VerifiedHeader]
        do { headers = try NodeSnapshot.check(made, genesis: configuration.genesis) } catch {
            return .manifestRefused(reason: "\(error)")
        }
        if let trusted = configuration.trusted {
            // Without that header nobody can be blamed.
            if anchor == nil, !headers.contains(where: { UInt64($0.header.height) == trusted.height }) {
                throw NodeFailure.inconsistent(
                    "no peer has sent header \(trusted.height) of network.trusted; name a later one")
            }
            if let reason = NodeSnapshot.refusal(of: headers, by: trusted, anchor: anchor) {
                return .manifestRefused(reason: reason)
            }
        }
        manifest = made
        let held = try intake.begin(made)
        logger.notice(
            "a snapshot is fetched",
            metadata: [
                "height": "\(made.height)", "chunks": "\(made.chunks.count)", "held": "\(held.count)",
                "logSize": "\(made.logSize)",
            ])
        return .manifestHolds(made.chunks, held: held)
    }

    private func askForAnchor(_ peer: PeerID) {
        guard let trusted = configuration.trusted, anchor == nil else { return }
        _ = network.send(
            SnapshotMessage.wantHeader(height: trusted.height).encoded, lane: .snapshots, to: peer)
    }

    /// Only the very header that the operator named is of any use.
    private func takeAnchor(_ signed: [UInt8], _ validators: [UInt8]) {
        guard let trusted = configuration.trusted, anchor == nil, let signed = try? SignedHeader(decoding: signed),
            signed.header.hash == trusted.hash, let set = try? ValidatorSet(decoding: validators)
        else { return }
        anchor = UnverifiedHeader(signed: signed, validators: set)
    }

    // MARK: The ledger

    private func begin() throws -> SnapshotFetch.Input {
        guard let manifest else { throw NodeFailure.inconsistent("no manifest was judged") }
        logger.notice("all chunks are here; the state's roots are computed", metadata: ["height": "\(manifest.height)"])
        // Half of one that a kill has left.
        try place.recover()
        do {
            _ = try NodeSnapshot.install(
                manifest, from: intake.folder, genesis: configuration.genesis, into: place.made, votes: standing.votes)
            return .begun
        } catch NodeFailure.store(.mismatch(let reason)) {
            return try refuse(reason)
        } catch NodeFailure.store(.damaged(let file, let offset, let height)) {
            guard try intake.begin(manifest).count == manifest.chunks.count else {
                throw NodeFailure.store(.damaged(file: file, offset: offset, height: height))
            }
            return try refuse("a chunk cannot be read")
        }
    }

    private func refuse(_ reason: String) throws -> SnapshotFetch.Input {
        try intake.clear()
        try place.recover()
        return .beginningRefused(reason: reason)
    }

    private func reportProgress() {
        let now = SystemClock.steady()
        guard let progress = fetch.progress, now >= progressAt + Self.progressNanoseconds else { return }
        progressAt = now
        logger.notice(
            "snapshot chunks",
            metadata: [
                "kept": "\(progress.kept)", "of": "\(progress.count)", "megabytes": "\(byteCount >> 20)",
            ])
    }
}
