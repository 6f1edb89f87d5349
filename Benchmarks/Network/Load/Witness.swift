import Consensus
import Cryptography
import LedgerModel
import PeerNetwork
import Synchronization

/// What a peer of the validators sees: who has decided which height and when, and the blocks.
///
/// A validator tells its peers of a height once block and commit are on its disk.
final class Witness: Sendable {
    private struct State {
        var connected: Set<PeerID> = []
        /// When each validator said that it has decided a height.
        var decidedAt: [PeerID: [Int64: Double]] = [:]
        var height: Int64 = 0
        /// Transactions in the newest block that was proposed for each height; the real ones are asked for in the end.
        var counts: [Int64: Int] = [:]
        /// Up to where blocks are counted, and what they hold.
        var counted: Int64 = 0
        var transactionCount = 0
        var decided: [Int64: Block] = [:]
    }

    private let state = Mutex(State())
    let network: PeerNetworkService

    init(network: PeerNetworkService) { self.network = network }

    var connectedCount: Int { state.withLock { $0.connected.count } }
    /// The highest decided height of all.
    var height: Int64 { state.withLock { $0.height } }
    /// Transactions in the blocks up to ``countedHeight``.
    var transactionCount: Int { state.withLock { $0.transactionCount } }
    var countedHeight: Int64 { state.withLock { $0.counted } }

    func decidedAt(_ height: Int64, by peer: PeerID) -> Double? { state.withLock { $0.decidedAt[peer]?[height] } }

    /// When the first of all had decided a height.
    func decidedAt(_ height: Int64) -> Double? {
        state.withLock { state in state.decidedAt.values.compactMap { $0[height] }.min() }
    }

    func block(_ height: Int64) -> Block? { state.withLock { $0.decided[height] } }

    func listen() async {
        for await event in network.events() { take(event) }
    }

    /// Begins to count after the newest height.
    func startCounting() { state.withLock { ($0.counted, $0.transactionCount) = ($0.height, 0) } }

    private func take(_ event: PeerEvent) {
        switch event {
        case .connected(let peer, _, _): state.withLock { _ = $0.connected.insert(peer) }
        case .disconnected(let peer, let reason):
            print("load: connection with \(peer) lost: \(reason)")
            state.withLock { _ = $0.connected.remove(peer) }
        // Kinds that nobody here looks at are not even read.
        case .received(let peer, let lane, let bytes):
            guard lane != .transactions, let kind = bytes.first, [1, 3, 6].contains(kind),
                let message = try? PeerMessage(decoding: bytes)
            else { return }
            take(message, from: peer)
        }
    }

    private func take(_ message: PeerMessage, from peer: PeerID) {
        let now = Clock.steady
        switch message {
        case .status(let status):
            let missing = state.withLock { state -> Int64? in
                if state.decidedAt[peer]?[status.height] == nil {
                    state.decidedAt[peer, default: [:]][status.height] = now
                }
                guard status.height > state.height else { return nil }
                state.height = status.height
                count(&state)
                return state.counted < state.height && state.counts[state.counted + 1] == nil ? state.counted + 1 : nil
            }
            if let missing { ask(for: missing, of: peer) }
        case .block(let bytes):
            guard let block = try? Block(decoding: bytes) else { return }
            state.withLock { state in
                state.counts[block.header.height] = block.transactions.count
                count(&state)
            }
        case .decided(let bytes, _):
            guard let block = try? Block(decoding: bytes) else { return }
            state.withLock { state in
                state.decided[block.header.height] = block
                state.counts[block.header.height] = block.transactions.count
                count(&state)
            }
        default: break
        }
    }

    private func count(_ state: inout State) {
        while state.counted < state.height, let count = state.counts[state.counted + 1] {
            state.counted += 1
            state.transactionCount += count
        }
    }

    private func ask(for height: Int64, of peer: PeerID) {
        network.send(PeerMessage.wantDecided(from: height, count: 1).encoded, lane: .sync, to: peer)
    }

    /// Gets the decided blocks of a range of heights from a validator.
    func fetch(_ heights: ClosedRange<Int64>, of peer: PeerID) async {
        for _ in 0..<200 {
            let missing = state.withLock { state in heights.filter { state.decided[$0] == nil } }
            guard !missing.isEmpty else { return }
            for height in missing.prefix(8) { ask(for: height, of: peer) }
            for _ in 0..<20 {
                try? await Task.sleep(for: .milliseconds(10))
                if state.withLock({ state in missing.prefix(8).allSatisfy { state.decided[$0] != nil } }) { break }
            }
        }
    }
}
