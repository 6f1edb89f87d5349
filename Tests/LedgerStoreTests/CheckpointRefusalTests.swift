import Codec
import Cryptography
import StateTree
import Testing

@testable import LedgerStore

/// Generations whose seal holds and whose rows do not.
@Suite struct CheckpointRefusalTests {
    enum Lie: CaseIterable {
        case shortMark, noMark, foreignKey, emptyValue, otherPlace, storeTooFar, wrongCount, wrongHash
    }

    private func tell(_ lie: Lie, in path: String) throws {
        do {
            let environment = try LMDB(path: path, mapBytes: CheckpointStore.mapBytes)
            let mark = try #require(try environment.value([0]))
            try environment.write { writer throws(StoreFailure) in
                switch lie {
                case .shortMark: try writer.put([0], [1, 2])
                case .noMark: try writer.delete([0])
                case .foreignKey: try writer.put([9, 9], [1])
                case .emptyValue: try writer.put([1, 0] + SHA256.hash([5]).bytes, [0, 0, 0, 1, 5])
                case .otherPlace: try writer.put([1, 0] + SHA256.hash([6]).bytes, [0, 0, 0, 1, 5, 1])
                case .storeTooFar: try writer.put([1, 2] + SHA256.hash([5]).bytes, [0, 0, 0, 1, 5, 1])
                case .wrongCount: try writer.put([0], Array(mark[..<40]) + [UInt8](repeating: 1, count: 8))
                case .wrongHash: try writer.put([0], Array(mark[..<8]) + [1] + mark[9...])
                }
            }
        }
        try CheckpointSeal.write(in: path)
    }

    @Test(arguments: Lie.allCases) func `a sealed generation whose rows do not hold gives way to the other`(
        lie: Lie
    ) throws {
        let folder = try TemporaryFolder()
        let states = try CheckpointStoreTests.fill(folder)
        try tell(lie, in: folder.path + "/checkpoint-b")
        let store = try CheckpointStore(folder: folder.path, stores: CheckpointStoreTests.stores)
        let loaded = store.load()
        #expect(loaded?.height == 3)
        #expect(loaded?.forest.appHash == states[3]?.appHash)
        #expect(store.findings.count == 1)
    }

    @Test(arguments: [[], [1, 2, 3], [UInt8](repeating: 0, count: 16), [UInt8](repeating: 0, count: 17)])
    func `a seal of other bytes holds nothing`(bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        _ = try CheckpointStoreTests.fill(folder)
        try folder.write(bytes, "checkpoint-b/seal")
        #expect(try !CheckpointSeal.holds(in: folder.path + "/checkpoint-b"))
        #expect(try CheckpointSeal.holds(in: folder.path + "/checkpoint-a"))
    }

    // MARK: Snapshots

    /// A snapshot of one chunk made of rows, with a manifest that names it.
    private func install(_ rows: [UInt8], logSize: UInt64 = 0, stores: [String] = ["a", "b"]) throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        var manifest = Snapshot.Manifest(
            chainID: "test-1", genesisHash: .zero, height: 3, appHash: StoreForest(stores: stores).appHash,
            logSize: logSize, logRoot: .zero, note: [], block: [1], commit: [2], proof: [])
        manifest.chunks = [SHA256.hash(rows)]
        try folder.write(rows, "chunk-00000000")
        try folder.write(Snapshot.encode(manifest), "manifest")
        try Snapshot.install(from: folder.path, into: ledger.path, stores: stores)
    }

    private static func leaf(_ store: UInt8, _ key: UInt8) -> [UInt8] {
        [1, store, 0, 0, 0, 1, key, 0, 0, 0, 1, 9]
    }

    @Test(
        arguments: [
            ("an unknown kind", [7]), ("a leaf without a value", [1, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0]),
            ("a leaf without a key", [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5]), ("a leaf cut short", [1, 0, 0, 0]),
            ("an entry cut short", [2, 1, 1]), ("a store too far", leaf(2, 5)),
            ("stores in falling order", leaf(1, 5) + leaf(0, 5)), ("the same leaf twice", leaf(0, 5) + leaf(0, 5)),
            ("a leaf after the log", [2] + [UInt8](repeating: 4, count: 32) + leaf(0, 5)),
        ] as [(String, [UInt8])])
    func `rows that no export writes are refused`(what: String, rows: [UInt8]) throws {
        #expect {
            try install(rows)
        } throws: {
            guard case .damaged(let file, _, 3) = $0 as? StoreFailure else { return false }
            return file.hasSuffix("chunk-00000000")
        }
    }

    @Test func `rows of another state, or of more entries, are a mismatch`() throws {
        let failures: [([UInt8], UInt64)] = [
            (Self.leaf(0, 5), 0), ([2] + [UInt8](repeating: 4, count: 32), 0), ([], 1),
        ]
        for (rows, size) in failures {
            #expect {
                try install(rows, logSize: size)
            } throws: {
                guard case .mismatch = $0 as? StoreFailure else { return false }
                return true
            }
        }
    }

    @Test func `a manifest is read only as it was written`() throws {
        var manifest = Snapshot.Manifest(
            chainID: "test-1", genesisHash: SHA256.hash([1]), height: 3, appHash: .zero, logSize: 1, logRoot: .zero,
            note: [1], block: [2], commit: [3], proof: [4])
        manifest.chunks = [SHA256.hash([2]), SHA256.hash([3])]
        let whole = Snapshot.encode(manifest)
        #expect(Snapshot.decode(whole) == manifest)
        let body = Array(whole.dropLast(32))
        for count in 0..<body.count {
            let cut = Array(body[..<count])
            #expect(Snapshot.decode(cut + SHA256.hash(cut).bytes) == nil, "\(count) bytes")
        }
        #expect(Snapshot.decode(body + [0] + SHA256.hash(body + [0]).bytes) == nil)
    }

    @Test func `a state of another height is not exported`() throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        let tiles = try TileStore(folder: ledger.path, size: 0, root: .zero)
        let forest = StoreForest(stores: ["a"])
        for (appHash, logSize) in [(Digest.zero, UInt64(0)), (forest.appHash, 1)] {
            #expect(throws: StoreFailure.self) {
                try Snapshot.export(
                    .init(
                        chainID: "test-1", genesisHash: .zero, height: 1, appHash: appHash, logSize: logSize,
                        logRoot: .zero, note: [], block: [], commit: [], proof: []),
                    forest: forest, tiles: tiles, to: folder.path)
            }
        }
        #expect(try folder.names == [])
    }
}
