import Cryptography
import Logging
import Synchronization
import Testing

@testable import PeerNetwork

/// What a consumer has taken, and whether it takes more.
final class EventRecorder: Sendable {
    private let state = Mutex<(events: [PeerEvent], isHeld: Bool)>(([], false))

    var events: [PeerEvent] { state.withLock(\.events) }
    var isHeld: Bool { state.withLock(\.isHeld) }
    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

    /// Takes events to their end.
    func consume(_ events: AsyncStream<PeerEvent>) async {
        while isHeld { try? await Task.sleep(for: .milliseconds(2)) }
        for await event in events {
            state.withLock { $0.events.append(event) }
            while isHeld { try? await Task.sleep(for: .milliseconds(2)) }
        }
    }
}

/// A node on loopback, on a free port, with everything that its consumer has seen.
final class TestNode: Sendable {
    static let network = "test-1/00"

    let service: PeerNetworkService
    let recorder = EventRecorder()
    let key: SigningKey
    private let running: Task<Void, any Error>
    private let consuming: Task<Void, Never>

    /// Starts a node; `change` may alter its configuration before that.
    init(
        _ peers: [PeerAddress] = [], port: Int = FreePort.take(), key: SigningKey? = nil, isHeld: Bool = false,
        change: (inout PeerNetworkConfiguration) -> Void = { _ in }
    ) async throws {
        let key = try key ?? SigningKey.generate(.edDSA)
        let listen = try #require(PeerAddress(host: "127.0.0.1", port: port))
        var configuration = PeerNetworkConfiguration(
            listen: listen, nodeKey: key, networkID: Self.network, peers: peers)
        // Only the configured peers, so that a test knows who dials whom.
        configuration.limits.outboundWanted = 0
        // All suites share two threads: what a peer does in a moment may take it much longer.
        configuration.limits.handshakeNanoseconds = 120_000_000_000
        change(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.key = key
        recorder.hold(isHeld)
        (service, running) = try await Self.listening(configuration, logger)
        consuming = Task { [recorder, service] in await recorder.consume(service.events()) }
    }

    /// A service that runs and listens.
    ///
    /// The port of a node that has just stopped may be taken a while longer: a process that another suite begins at that
    /// moment has a copy of every descriptor, in the worst case for as long as it runs.
    private static func listening(
        _ configuration: PeerNetworkConfiguration, _ logger: Logger
    ) async throws -> (PeerNetworkService, Task<Void, any Error>) {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(240)
        while true {
            let service = try PeerNetworkService(configuration, logger: logger)
            let failure = Mutex<(any Error)?>(nil)
            let running: Task<Void, any Error> = Task {
                do { try await service.run() } catch { failure.withLock { $0 = error } }
            }
            try await until("the node listens or fails") {
                service.boundAddress != nil || failure.withLock { $0 } != nil
            }
            guard let failure = failure.withLock({ $0 }) else { return (service, running) }
            guard clock.now < end else { throw failure }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Where a node that does not run yet will listen.
    static func freeAddress(of key: SigningKey) throws -> PeerAddress {
        guard case .ed25519(let publicKey) = key.publicKey else { preconditionFailure("an Ed25519 key") }
        return try #require(PeerAddress(host: "127.0.0.1", port: FreePort.take())).of(PeerID(publicKey: publicKey))
    }

    var id: PeerID { service.id }
    var events: [PeerEvent] { recorder.events }

    /// Where others dial it.
    var address: PeerAddress {
        get throws { try #require(service.boundAddress) }
    }

    /// Stops it, and waits until the events have ended.
    func stop() async {
        recorder.hold(false)
        running.cancel()
        _ = await running.result
        await consuming.value
    }

    func isConnected(to peer: PeerID) -> Bool { service.peers().contains { $0.id == peer } }

    /// Messages of one lane from a peer, in their order.
    func received(_ lane: Lane, from peer: PeerID) -> [[UInt8]] {
        events.compactMap { event in
            if case .received(peer, lane, let bytes) = event { bytes } else { nil }
        }
    }

    /// Why connections with a peer ended.
    func ends(of peer: PeerID) -> [String] {
        events.compactMap { event in
            if case .disconnected(peer, let reason) = event { reason } else { nil }
        }
    }

    func isRefused(_ reason: String) -> Bool { service.refusals().contains { $0.reason.contains(reason) } }
}

/// What a test waited for did not happen.
struct NeverHappened: Error { let what: String }

/// Waits until something holds: far longer than it takes, so that a busy machine fails no test.
func until(_ what: String, seconds: Int = 300, _ condition: () throws -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while try !condition() {
        guard clock.now < end else { throw NeverHappened(what: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
