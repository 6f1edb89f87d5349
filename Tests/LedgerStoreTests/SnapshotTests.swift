import Cryptography
import Foundation
import StateTree
import Testing

@testable import LedgerStore

@Suite struct SnapshotTests {
    private static let stores = CheckpointStoreTests.stores

    private func export(into folder: TemporaryFolder) throws -> (Snapshot.Manifest, StoreForest) {
        let ledger = try TemporaryFolder()
        var forest = StoreForest(stores: Self.stores)
        for height: UInt64 in 1...3 { forest = try CheckpointStoreTests.next(forest, height).0 }
        forest = try forest.applying([("a", [(key: [1], value: [UInt8](repeating: 7, count: Snapshot.chunkBytes))])])
        let tiles = try TileStore(folder: ledger.path, size: 0, root: .zero)
        try tiles.append(TileStoreTests.entries(0..<300))
        let manifest = Snapshot.Manifest(
            chainID: "test-1", genesisHash: SHA256.hash([1]), height: 3, appHash: forest.appHash, logSize: 290,
            logRoot: TileStoreTests.root(290), note: [9], block: [1, 2], commit: [3], proof: [4])
        return (try Snapshot.export(manifest, forest: forest, tiles: tiles, to: folder.path), forest)
    }

    @Test func `a snapshot begins an equal ledger`() throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        let (manifest, forest) = try export(into: folder)
        #expect(manifest.chunks.count == 2)
        let lock = try FolderLock(folder: ledger.path)
        #expect(try Snapshot.install(from: folder.path, into: ledger.path, stores: Self.stores) == manifest)
        let loaded = try CheckpointStore(folder: ledger.path, stores: Self.stores).load()
        #expect(loaded?.forest.appHash == forest.appHash)
        #expect(loaded?.height == 3)
        #expect(loaded?.note == [9])
        let tiles = try TileStore(folder: ledger.path, size: 290, root: TileStoreTests.root(290))
        try tiles.verify()
        let log = try BlockLog(folder: ledger.path)
        #expect(log.firstHeight == 3)
        #expect(try log.block(3) == ([1, 2], [3]))
        try log.append([.decidedBlock(height: 4, block: [5], commit: [6])])
        withExtendedLifetime(lock) {}
    }

    @Test(arguments: ["chunk-00000000", "chunk-00000001", "manifest"], [0, 40, -1])
    func `a damaged file is refused and named`(name: String, position: Int) throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try export(into: folder)
        var bytes = try folder.bytes(name)
        bytes[position < 0 ? bytes.count - 1 : position] ^= 1
        try folder.write(bytes, name)
        #expect {
            try Snapshot.install(from: folder.path, into: ledger.path, stores: Self.stores)
        } throws: {
            guard case .damaged(let file, _, _) = $0 as? StoreFailure else { return false }
            return file.hasSuffix(name)
        }
        #expect(try ledger.names.isEmpty)
    }

    @Test func `a missing chunk is refused and named`() throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try export(into: folder)
        try folder.remove("chunk-00000001")
        #expect {
            try Snapshot.install(from: folder.path, into: ledger.path, stores: Self.stores)
        } throws: {
            guard case .damaged(let file, _, _) = $0 as? StoreFailure else { return false }
            return file.hasSuffix("chunk-00000001")
        }
    }

    @Test func `a row that fits no message between nodes is not exported`() throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        let forest = try StoreForest(stores: Self.stores)
            .applying([("a", [(key: [1], value: [UInt8](repeating: 7, count: Snapshot.chunkBytesMax))])])
        let tiles = try TileStore(folder: ledger.path, size: 0, root: .zero)
        let manifest = Snapshot.Manifest(
            chainID: "test-1", genesisHash: .zero, height: 3, appHash: forest.appHash, logSize: 0, logRoot: .zero,
            note: [], block: [1], commit: [2], proof: [])
        #expect {
            try Snapshot.export(manifest, forest: forest, tiles: tiles, to: folder.path)
        } throws: {
            guard case .mismatch = $0 as? StoreFailure else { return false }
            return true
        }
        #expect(try folder.names.isEmpty)
    }

    @Test func `headers that lead to the snapshot are kept with it`() throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        let (manifest, _) = try export(into: folder)
        #expect(try Snapshot.manifest(decoding: folder.bytes("manifest")) == manifest)
        #expect(try Snapshot.manifest(decoding: folder.bytes("manifest").dropLast()) == nil)
        try Snapshot.install(
            from: folder.path, into: ledger.path, stores: Self.stores, headers: [(height: 2, bytes: [2]), (1, [1])])
        let headers = try HeaderLog(folder: ledger.path)
        #expect(try headers.heights == [1, 2] && headers.header(2) == [2])
    }

    enum Lie: CaseIterable { case appHash, logRoot, logSize }

    @Test(arguments: Lie.allCases)
    func `a manifest that promises other roots is refused`(lie: Lie) throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        var (manifest, _) = try export(into: folder)
        switch lie {
        case .appHash: manifest.appHash = .zero
        case .logRoot: manifest.logRoot = .zero
        case .logSize: manifest.logSize += 1
        }
        try folder.write(Snapshot.encode(manifest), "manifest")
        #expect(throws: StoreFailure.self) {
            try Snapshot.install(from: folder.path, into: ledger.path, stores: Self.stores)
        }
        #expect(try BlockLog(folder: ledger.path).lastHeight == nil)
    }

    @Test func `a folder that is in use is neither exported to nor imported into`() throws {
        let (folder, ledger) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try export(into: folder)
        #expect(throws: StoreFailure.self) { try export(into: folder) }
        try ledger.write([], "blocks-0000000000000001.log")
        #expect(throws: StoreFailure.self) {
            try Snapshot.install(from: folder.path, into: ledger.path, stores: Self.stores)
        }
    }
}
