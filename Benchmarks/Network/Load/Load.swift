import Codec
import Consensus
import Cryptography
import Glibc
import LedgerModel
import Logging
import PeerNetwork

/// One run against a network.
struct Load {
    let wallet: Wallet
    let ledger: LedgerIdentity
    /// Transfers a second at most.
    let rate: Double
    let seconds: Double
    /// Transfers that wait at once at most.
    let window: Int
    let processes: [Int]
    let peers: [PeerAddress]

    /// Before the clock starts: caches and queues are as they stay.
    static let warmSeconds = 4.0
    static let drainSeconds = 30.0

    /// What was handed in, in order.
    private struct Sent {
        var times: [Double] = []
        var peers: [PeerID] = []
    }

    /// A stretch of time between two blocks.
    private struct Mark {
        var height: Int64
        var time: Double
        var cpu: [Double]
        var own: Double

        init(_ witness: Witness, _ processes: [Int]) {
            height = witness.height
            time = witness.decidedAt(height) ?? Clock.steady
            cpu = Clock.cpu(of: processes)
            own = Clock.process
        }
    }

    func run() async throws -> [JSON.Member] {
        let isSteady = rate >= 100
        let duration = seconds + (isSteady ? Self.warmSeconds : 0)
        let transfers = wallet.transfers(
            Int(rate * duration) + 1, from: 0, on: ledger, now: Clock.wallNanoseconds)
        let checks = wallet.measureChecks(of: transfers, on: ledger, cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let network = try node()
        let witness = Witness(network: network)
        let running = Task { try await network.run() }
        let listening = Task { await witness.listen() }
        defer {
            running.cancel()
            listening.cancel()
        }
        while witness.connectedCount < peers.count || witness.height == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        // Whoever has connected says so, and the first heights are over.
        try await Task.sleep(for: .seconds(1))
        let first = witness.height
        witness.startCounting()
        let began = Clock.steady
        let heating = Task { () -> Mark in
            if isSteady { try? await Task.sleep(for: .seconds(Self.warmSeconds)) }
            return Mark(witness, processes)
        }
        let sent = await send(transfers, for: duration, from: began, to: network, witness)
        let end = Mark(witness, processes)
        let begin = await heating.value
        let drained = Clock.steady
        while witness.transactionCount < sent.times.count, Clock.steady < drained + Self.drainSeconds {
            try await Task.sleep(for: .milliseconds(10))
        }
        guard let peer = peers[0].id else { preconditionFailure("peers have identities") }
        await witness.fetch(first + 1...max(witness.height, first + 1), of: peer)
        return report(transfers, sent, witness, heights: first + 1...witness.height, begin, end, checks: checks)
    }

    private func node() throws -> PeerNetworkService {
        var logger = Logger(label: "load")
        logger.logLevel = .error
        guard let listen = PeerAddress("127.0.0.1:0") else { preconditionFailure("an address") }
        return try PeerNetworkService(
            PeerNetworkConfiguration(
                listen: listen, nodeKey: try SigningKey.generate(.edDSA),
                networkID: "\(ledger.chainID.text)/\(ledger.genesisHash.hex)", peers: peers), logger: logger)
    }

    private func send(
        _ transfers: [[UInt8]], for duration: Double, from began: Double, to network: PeerNetworkService,
        _ witness: Witness
    ) async -> Sent {
        var sent = Sent()
        let ids = peers.compactMap(\.id)
        // At a light load turns are not in step with the blocks.
        var next = began
        while Clock.steady < began + duration, sent.times.count < transfers.count {
            let now = Clock.steady
            let first = sent.times.count
            let free = witness.transactionCount + window
            while next <= now, sent.times.count < min(transfers.count, free) {
                sent.times.append(Clock.steady)
                sent.peers.append(ids[sent.peers.count % ids.count])
                next += rate < 100 ? Double.random(in: 0.5...1.5) / rate : 1 / rate
            }
            hand(transfers, first..<sent.times.count, to: network, ids)
            // What could not be sent in time is not made up for at once.
            next = max(next, now - 0.1)
            try? await Task.sleep(for: .milliseconds(1))
        }
        return sent
    }

    /// Hands transfers in, to each validator those whose turn is its.
    private func hand(_ transfers: [[UInt8]], _ range: Range<Int>, to network: PeerNetworkService, _ ids: [PeerID]) {
        for (place, id) in ids.enumerated() {
            let turns = range.filter { $0 % ids.count == place }.map { transfers[$0] }
            for batch in TransactionBatch.batches(of: turns)
            where !network.send(batch.encoded, lane: .transactions, to: id) {
                print("load: a validator has no room for \(batch.transactions.count) transfers")
            }
        }
    }

    private func report(
        _ transfers: [[UInt8]], _ sent: Sent, _ witness: Witness, heights: ClosedRange<Int64>, _ begin: Mark,
        _ end: Mark, checks: (perSecond: Double, cpu: Double)
    ) -> [JSON.Member] {
        var numbers: [Digest: Int] = [:]
        for index in sent.times.indices { numbers[SHA256.hash(transfers[index])] = index }
        var latencies: [Double] = []
        var (included, strange, measured, blocks, largest) = (0, 0, 0, 0, 0)
        for height in heights {
            guard let block = witness.block(height) else { continue }
            let isMeasured = begin.height < height && height <= end.height
            if isMeasured {
                measured += block.transactions.count
                blocks += 1
                largest = max(largest, block.transactions.count)
            }
            for bytes in block.transactions {
                guard let index = numbers.removeValue(forKey: SHA256.hash(bytes)) else {
                    strange += 1
                    continue
                }
                included += 1
                if isMeasured, let time = witness.decidedAt(height, by: sent.peers[index]) {
                    latencies.append((time - sent.times[index]) * 1_000)
                }
            }
        }
        latencies.sort()
        func latency(_ share: Double) -> JSON? {
            latencies.isEmpty ? nil : number(latencies[Int(Double(latencies.count - 1) * share)])
        }
        let wall = end.time - begin.time
        let cpu = zip(end.cpu, begin.cpu).map { $0 - $1 }
        let all = cpu.reduce(0, +)
        let throughput = Double(measured) / wall
        let ceiling = checks.perSecond / Double(max(peers.count, 1))
        let members: [(String, JSON?)] = [
            ("validators", number(Double(peers.count))), ("seconds", number(wall)),
            ("transactionsPerSecond", number(throughput)),
            ("transactionsPerSecondPerCore", number(all > 0 ? Double(measured) / all : 0)),
            ("signatureChecksPerSecond", number(checks.perSecond)), ("ceiling", number(ceiling)),
            ("shareOfCeiling", number(throughput / ceiling)),
            ("shareOfCPU", number(checks.cpu * Double(measured * peers.count) / max(all, 0.01))),
            ("cpuMicrosecondsPerTransaction", number(all / Double(max(measured, 1)) * 1e6)),
            (
                "cpuMicrosecondsPerTransactionAndValidator",
                number(all / Double(max(measured, 1)) / Double(peers.count) * 1e6)
            ),
            ("validatorsCPU", number(all / wall)), ("loadCPU", number((end.own - begin.own) / wall)),
            ("blocks", number(Double(blocks))), ("largestBlock", number(Double(largest))),
            ("latencySamples", number(Double(latencies.count))), ("p50", latency(0.5)), ("p90", latency(0.9)),
            ("p99", latency(0.99)), ("max", latency(1)), ("sent", number(Double(sent.times.count))),
            ("included", number(Double(included))), ("lost", number(Double(sent.times.count - included))),
            ("strange", number(Double(strange))),
        ]
        return members.compactMap { name, value in value.map { JSON.Member(name: name, value: $0) } }
    }

    private func number(_ value: Double) -> JSON {
        let rounded = (value * 100).rounded() / 100
        return .number(rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded))
    }
}
