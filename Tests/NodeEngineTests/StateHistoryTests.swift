import Cryptography
import Foundation
import LedgerAccess
import LedgerModel
import LedgerRuntime
import LedgerStore
import Logging
import Proofs
import StateTree
import Testing

@testable import NodeEngine

/// Which heights a node serves, and that what it says of the others is true.
struct StateHistoryTests {
    static let stores = StoreName.allCases.map(\.rawValue)
    static let chain = "history-1"

    /// A chain of states behind a view as `Node` publishes them; every third block changes nothing.
    final class Chain {
        let folder: URL
        let forests: [StoreForest]
        let log: HistoryLog
        let view: LedgerView
        let history: StateHistory

        /// `count` blocks; memory knows only those from `published` on, as after a restart.
        init(
            count: Int, retainedBytes: Int, historyBytes: Int, published: Int = 1, firstBlock: UInt64 = 1,
            inRewritten keys: Int = 40
        ) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "vivian-history-\(UUID().uuidString)")
            var forests = [StoreForest(stores: StateHistoryTests.stores)]
            var undos: [ForestUndo] = []
            for height in 1...count {
                let rows =
                    height % 3 == 0
                    ? []
                    : (0..<5).map {
                        (key: Array("key \((height * 7 + $0) % keys)".utf8), value: Optional(Array("\(height)".utf8)))
                    }
                let update = try forests[height - 1].updated(by: rows.isEmpty ? [] : [("bank", rows)])
                forests.append(update.forest)
                undos.append(update.undo)
            }
            self.forests = forests
            log = try HistoryLog(
                folder: folder.path, height: 0, appHash: forests[0].appHash, budgetBytes: historyBytes)
            let status = LedgerStatus(
                chainID: try ChainID(StateHistoryTests.chain), genesisHash: .zero, height: Height(0),
                firstHeight: Height(firstBlock), time: Timestamp(nanosecondsSince1970: 0), validatorsHash: .zero,
                logSize: 0, validator: nil, pendingCount: 0)
            view = LedgerView(
                status: status, firstWhole: Height(firstBlock), base: Height(0), state: try LedgerState(forests[0]),
                terms: [],
                retainedBytes: retainedBytes, history: log)
            history = StateHistory(log: log, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            for height in 1...count {
                try log.append(height: UInt64(height), undos[height - 1])
                guard height >= published else { continue }
                var header = BlockHeader()
                header.height = Int64(height)
                header.time = Timestamp(nanosecondsSince1970: UInt64(height) * 1_000_000_000)
                view.publish(
                    .init(
                        signed: SignedHeader(header: header, commit: Commit()), state: try LedgerState(forests[height]),
                        fates: [], logSize: 0, pendingCount: 0))
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        /// What a node answers: the entry, or why there is none.
        func entry(_ height: UInt64, _ key: [UInt8]) async throws(LedgerAccessFailure) -> StateEntry {
            switch try view.source(at: Height(height)) {
            case .held(let height, let forest):
                return StateEntry(
                    stateHeight: height, store: "bank", key: key, value: forest.value("bank", key),
                    merkleProof: forest.proof(store: "bank", key: key)!)
            case .past(let past):
                guard
                    let entry = try await history.entry(
                        "bank", key: key, past, appHash: forests[Int(height)].appHash)
                else { throw view.pruned(past.height, isLost: true) }
                return entry
            }
        }

        /// Asks for every height: what is served is proven, and each refusal names the nearest height that is.
        /// - Returns: the heights that are served.
        func serveAll() async throws -> Set<UInt64> {
            var served: Set<UInt64> = []
            var refused: [UInt64: UInt64] = [:]
            let newest = UInt64(forests.count - 2)
            for height in 1...newest {
                let key = Array("key \(height % 41)".utf8)
                do {
                    let entry = try await entry(height, key)
                    #expect(entry.stateHeight == Height(height))
                    #expect(entry.value == forests[Int(height)].value("bank", key))
                    try ICS23.verifyPath(
                        root: forests[Int(height)].appHash.bytes, specs: ProofSpec.ledger,
                        path: [Array("bank".utf8), key], value: entry.value, proof: entry.merkleProof)
                    served.insert(height)
                } catch LedgerAccessFailure.pruned(let nearest) {
                    refused[height] = nearest.value
                }
            }
            for (height, nearest) in refused {
                #expect(served.contains(nearest), "\(height) is told \(nearest)")
                let distance = max(height, nearest) - min(height, nearest)
                let nearer = served.filter { max(height, $0) - min(height, $0) < distance }
                #expect(nearer.isEmpty, "\(height) is told \(nearest)")
            }
            #expect(served.contains(newest))
            return served
        }
    }

    @Test(arguments: [(1, 1, nil), (2, 1, 1), (7, 1, 6), (7, 6, 6), (7, 7, nil)] as [(Int, Int, UInt64?)])
    func `searches see the state before the newest block's, once a header proves it`(
        _ count: Int, _ published: Int, _ height: UInt64?
    ) throws {
        let chain = try Chain(count: count, retainedBytes: 1 << 20, historyBytes: 1 << 20, published: published)
        let provable = chain.view.provable
        #expect(provable?.height.value == height)
        #expect(provable?.state.forest.appHash == height.map { chain.forests[Int($0)].appHash })
    }

    @Test func `with little memory every height is served from disk`() async throws {
        let chain = try Chain(count: 120, retainedBytes: 0, historyBytes: 1 << 20)
        #expect(try await chain.serveAll().count == 119)
    }

    @Test func `after a restart, when memory knows the last blocks only, every height is served`() async throws {
        let chain = try Chain(count: 120, retainedBytes: 1 << 20, historyBytes: 1 << 20, published: 110)
        #expect(try await chain.serveAll().count == 119)
    }

    @Test(arguments: [3_000, 10_000, 30_000]) func `with a small budget the nearest height that is served is told`(
        historyBytes: Int
    ) async throws {
        let chain = try Chain(count: 150, retainedBytes: 0, historyBytes: historyBytes)
        let served = try await chain.serveAll()
        #expect(1 < served.count && served.count < 149)
    }

    @Test func `with memory alone the nearest height that is served is told`() async throws {
        let chain = try Chain(count: 150, retainedBytes: 100_000, historyBytes: 0)
        let served = try await chain.serveAll()
        #expect(1 < served.count && served.count < 149)
    }

    @Test func `states whose header was pruned are not served`() async throws {
        let chain = try Chain(
            count: 120, retainedBytes: 20_000, historyBytes: 1 << 20, published: 100, firstBlock: 60)
        let served = try await chain.serveAll()
        #expect(served == Set(59...119))
    }

    @Test func `a damaged history is never served, and what is told instead is`() async throws {
        let chain = try Chain(count: 120, retainedBytes: 0, historyBytes: 64 << 10)
        let names = try FileManager.default.contentsOfDirectory(atPath: chain.folder.path).sorted()
        let file = chain.folder.appending(path: names[1])
        var bytes = Array(try Data(contentsOf: file))
        for index in stride(from: 40, to: bytes.count, by: 50) { bytes[index] ^= 1 }
        try Data(bytes).write(to: file)
        // The first look-up finds it; what it answers counts on memory alone.
        await #expect(throws: LedgerAccessFailure.pruned(nearest: Height(119))) {
            try await chain.entry(1, [1])
        }
        let served = try await chain.serveAll()
        #expect(!served.contains(1) && served.count > 30)
    }

    @Test func `nothing can be proven before the second block`() async throws {
        let chain = try Chain(count: 1, retainedBytes: 0, historyBytes: 0)
        await #expect(throws: LedgerAccessFailure.notYet(newest: Height(0))) { try await chain.entry(1, [1]) }
    }

    @Test func `heights above the newest provable one are not there yet`() async throws {
        let chain = try Chain(count: 9, retainedBytes: 0, historyBytes: 1 << 20)
        await #expect(throws: LedgerAccessFailure.notYet(newest: Height(8))) { try await chain.entry(9, [1]) }
        await #expect(throws: LedgerAccessFailure.self) { try await chain.entry(0, [1]) }
    }
}
