import Cryptography
import Glibc
import Logging
import PeerNetwork

/// Two nodes on loopback in one process: how long a vote takes there and back, alone and beside a stream of sync
/// messages, and how much goes through.
///
/// The ceilings to print beside it: a raw round trip on loopback is 14 us, and AES-GCM under TLS some GB/s a core.
@main struct NetworkBenchmarks {
    static func main() async throws {
        let left = try node([])
        let answering = Task { await answer(left) }
        let listening = Task { try await left.run() }
        while left.boundAddress == nil { try await Task.sleep(for: .milliseconds(1)) }
        guard let address = left.boundAddress else { return }
        let dialler = try node([address])
        let dialling = Task { try await dialler.run() }
        var events = dialler.events().makeAsyncIterator()
        guard case .connected? = await events.next() else { return }
        for bytes in [100, 1_000, 10_000] {
            let times = try await roundTrips(20_000, bytes: bytes, from: dialler, to: left.id, &events)
            report("network.roundtrip bytes=\(bytes)", times)
        }
        let stream = Task { await flood(dialler, left.id) }
        let times = try await roundTrips(5_000, bytes: 200, from: dialler, to: left.id, &events)
        stream.cancel()
        report("network.roundtrip bytes=200 beside=sync", times)
        try await throughput(dialler, left.id, &events)
        for task in [listening, dialling] { task.cancel() }
        answering.cancel()
    }

    static func node(_ peers: [PeerAddress]) throws -> PeerNetworkService {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        var limits = PeerNetworkLimits()
        for lane in Lane.allCases {
            limits.rates[lane] = RateLimit(messagesPerSecond: 10_000_000, bytesPerSecond: 100 << 30)
        }
        guard let listen = PeerAddress("127.0.0.1:0") else { fatalError("an address") }
        return try PeerNetworkService(
            PeerNetworkConfiguration(
                listen: listen, nodeKey: try SigningKey.generate(.edDSA), networkID: "bench", peers: peers,
                limits: limits), logger: logger)
    }

    /// Sends every vote back, and a vote for every sync message's end.
    static func answer(_ node: PeerNetworkService) async {
        for await event in node.events() {
            guard case .received(let peer, let lane, let bytes) = event else { continue }
            switch lane {
            case .votes: node.send(bytes, lane: .votes, to: peer)
            case .transactions: node.send([1], lane: .transactions, to: peer)
            default: break
            }
        }
    }

    static func roundTrips(
        _ count: Int, bytes: Int, from node: PeerNetworkService, to peer: PeerID,
        _ events: inout AsyncStream<PeerEvent>.AsyncIterator
    ) async throws -> [Double] {
        let vote = [UInt8](repeating: 1, count: bytes)
        var times: [Double] = []
        for _ in 0..<count {
            let began = now()
            node.send(vote, lane: .votes, to: peer)
            while let event = await events.next() { if case .received(_, .votes, _) = event { break } }
            times.append(now() - began)
        }
        return times.sorted()
    }

    /// Keeps the sync lane full.
    static func flood(_ node: PeerNetworkService, _ peer: PeerID) async {
        let message = [UInt8](repeating: 2, count: 4 << 20)
        while !Task.isCancelled {
            if !node.send(message, lane: .sync, to: peer) { try? await Task.sleep(for: .milliseconds(1)) }
        }
    }

    static func throughput(
        _ node: PeerNetworkService, _ peer: PeerID, _ events: inout AsyncStream<PeerEvent>.AsyncIterator
    ) async throws {
        for (bytes, count) in [(200, 200_000), (1 << 20, 1_000)] {
            let message = [UInt8](repeating: 3, count: bytes)
            let began = (now(), seconds(CLOCK_PROCESS_CPUTIME_ID))
            var (sent, answered) = (0, 0)
            while answered < count {
                while sent < count, sent - answered < 4_000, node.send(message, lane: .transactions, to: peer) {
                    sent += 1
                }
                guard let event = await events.next() else { return }
                if case .received(_, .transactions, _) = event { answered += 1 }
            }
            let (wall, cpu) = (now() - began.0, seconds(CLOCK_PROCESS_CPUTIME_ID) - began.1)
            print(
                "network.throughput bytes=\(bytes): \(Int(Double(count) / wall)) messages/s, "
                    + "\(Int(Double(count * bytes) / wall / 1e6)) MB/s, \(rounded(cpu / Double(count) * 1e6)) us CPU of both ends each"
            )
        }
    }

    static func report(_ name: String, _ times: [Double]) {
        func at(_ share: Double) -> Double { rounded(times[Int(Double(times.count - 1) * share)] * 1e6) }
        print("\(name): p50 \(at(0.5)) us, p99 \(at(0.99)) us, least \(at(0)) us, of \(times.count)")
        fflush(nil)
    }

    static func now() -> Double { seconds(CLOCK_MONOTONIC) }

    static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
