import Cryptography
import Foundation
import StateTree
import Testing

@testable import LedgerStore

/// Snapshots that a running node keeps, and those on their way in.
@Suite struct SnapshotShelfTests {
    private static let stores = CheckpointStoreTests.stores

    /// A state and a log to make snapshots from.
    private struct Source {
        let folder: TemporaryFolder
        let forest: StoreForest
        let tiles: TileStore

        init(_ seed: UInt8 = 7) throws {
            folder = try TemporaryFolder()
            let big = [UInt8](repeating: seed, count: Snapshot.chunkBytes)
            forest = try CheckpointStoreTests.next(StoreForest(stores: SnapshotShelfTests.stores), 1).0
                .applying([("a", [(key: [1], value: big)])])
            tiles = try TileStore(folder: folder.path, size: 0, root: .zero)
            try tiles.append(TileStoreTests.entries(0..<300))
        }

        func manifest(_ height: UInt64, commit: [UInt8] = [3]) -> Snapshot.Manifest {
            Snapshot.Manifest(
                chainID: "test-1", genesisHash: SHA256.hash([1]), height: height, appHash: forest.appHash,
                logSize: 290, logRoot: TileStoreTests.root(290), note: [9], block: [1, 2], commit: commit, proof: [4])
        }

        func add(_ height: UInt64, to shelf: SnapshotShelf) throws {
            let manifest = manifest(height)
            try shelf.add(manifest) { folder throws(StoreFailure) in
                try Snapshot.export(manifest, forest: forest, tiles: tiles, to: folder)
            }
        }
    }

    private static func inode(_ path: String) throws -> UInt64? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
    }

    @Test func `what a snapshot holds has one name, whoever signed its block`() throws {
        let source = try Source()
        let (one, other) = (source.manifest(3), source.manifest(3, commit: [8, 8]))
        #expect(one.content == other.content)
        var changed = [one, one, one, one, one]
        changed[0].height = 4
        changed[1].appHash = .zero
        changed[2].logRoot = .zero
        changed[3].chunks = [.zero]
        changed[4].genesisHash = .zero
        #expect(Set(changed.map(\.content) + [one.content]).count == 6)
    }

    @Test func `the newest two are kept, and are there after a restart`() throws {
        let (folder, source) = (try TemporaryFolder(), try Source())
        let shelf = try SnapshotShelf(folder: folder.path)
        for height: UInt64 in [10, 20, 30] { try source.add(height, to: shelf) }
        #expect(shelf.items.map(\.height) == [20, 30])
        #expect(try folder.names.sorted() == ["20", "30"])
        #expect(try SnapshotShelf(folder: folder.path).items == shelf.items)
    }

    @Test func `a state that did not change is not written again, and outlives the older snapshot`() throws {
        let (folder, source) = (try TemporaryFolder(), try Source())
        let shelf = try SnapshotShelf(folder: folder.path)
        try source.add(10, to: shelf)
        try shelf.add(source.manifest(20)) { _ throws(StoreFailure) in throw .poisoned }
        let chunk = "/chunk-00000000"
        #expect(try Self.inode(folder.path + "/10" + chunk) == Self.inode(folder.path + "/20" + chunk))
        let later = try Source(8)
        try later.add(30, to: shelf)
        try later.add(40, to: shelf)
        #expect(shelf.items.map(\.height) == [30, 40])
        for item in shelf.items {
            for index in item.chunks.indices { #expect(try shelf.chunk(item.content, index) != nil) }
        }
    }

    @Test func `a snapshot that could not be written leaves nothing, nor does one that a kill cut short`() throws {
        let (folder, source) = (try TemporaryFolder(), try Source())
        let shelf = try SnapshotShelf(folder: folder.path)
        #expect(throws: StoreFailure.self) {
            try shelf.add(source.manifest(10)) { part throws(StoreFailure) in
                try Snapshot.export(source.manifest(10), forest: source.forest, tiles: source.tiles, to: part)
                throw .diskFull(part)
            }
        }
        #expect(try folder.names.isEmpty && shelf.items.isEmpty)
        try source.add(20, to: shelf)
        let files = FileManager.default
        try files.copyItem(atPath: folder.path + "/20", toPath: folder.path + "/30.part")
        try files.copyItem(atPath: folder.path + "/20", toPath: folder.path + "/40")
        try files.createDirectory(atPath: folder.path + "/50", withIntermediateDirectories: false)
        try folder.write([1], "stray")
        // What is named for another height, has no manifest or is not whole goes.
        #expect(try SnapshotShelf(folder: folder.path).items.map(\.height) == [20])
        #expect(try folder.names == ["20"])
    }

    @Test func `what is asked for is given in parts, and nothing that is not there`() throws {
        let (folder, source) = (try TemporaryFolder(), try Source())
        let shelf = try SnapshotShelf(folder: folder.path)
        try source.add(10, to: shelf)
        let item = try #require(shelf.items.first)
        let whole = try folder.bytes("10/manifest")
        #expect(item.manifestBytes == whole.count)
        #expect(try shelf.manifest(item.content, from: 0, count: 50) == Array(whole.prefix(50)))
        #expect(try shelf.manifest(item.content, from: 50, count: 1 << 20) == Array(whole.dropFirst(50)))
        #expect(try shelf.manifest(item.content, from: whole.count, count: 1) == nil)
        #expect(try shelf.manifest(.zero, from: 0, count: 1) == nil)
        #expect(try shelf.chunk(item.content, item.chunks.count) == nil && shelf.chunk(.zero, 0) == nil)
        #expect(try shelf.chunk(item.content, 1).map { SHA256.hash($0) } == item.chunks[1])
    }

    @Test(arguments: [0, 1]) func `a chunk that the disk has changed is not given, and its snapshot is withdrawn`(
        chunk: Int
    ) throws {
        let (folder, source) = (try TemporaryFolder(), try Source())
        let shelf = try SnapshotShelf(folder: folder.path)
        try source.add(10, to: shelf)
        let item = try #require(shelf.items.first)
        var bytes = try folder.bytes("10/chunk-0000000\(chunk)")
        bytes[bytes.count / 2] ^= 4
        try folder.write(bytes, "10/chunk-0000000\(chunk)")
        #expect(throws: StoreFailure.self) { try shelf.chunk(item.content, chunk) }
        #expect(try shelf.items.isEmpty && folder.names.isEmpty)
        #expect(try shelf.chunk(item.content, 1 - chunk) == nil)
        try source.add(20, to: shelf)
        #expect(try shelf.chunk(#require(shelf.items.first).content, chunk) != nil)
    }

    // MARK: On the way in

    /// A snapshot, and a folder into which it comes.
    private func arriving() throws -> (
        from: TemporaryFolder, to: TemporaryFolder, manifest: Snapshot.Manifest, intake: SnapshotIntake
    ) {
        let (from, to, source) = (try TemporaryFolder(), try TemporaryFolder(), try Source())
        let manifest = try Snapshot.export(
            source.manifest(10), forest: source.forest, tiles: source.tiles, to: from.path)
        return (from, to, manifest, SnapshotIntake(folder: to.path + "/incoming"))
    }

    @Test func `what came before an interruption is used, unless it does not hold`() throws {
        let (from, to, manifest, intake) = try arriving()
        defer { withExtendedLifetime(to) {} }
        #expect(intake.content == nil)
        #expect(try intake.begin(manifest).isEmpty)
        for index in 0..<2 { try intake.keep(UInt32(index), try from.bytes("chunk-0000000\(index)")) }
        #expect(intake.content == manifest.content)
        // The manifest of another node, of the same content.
        var other = manifest
        other.commit = [7]
        #expect(try SnapshotIntake(folder: intake.folder).begin(other) == [0, 1])
        try intake.keep(1, [1, 2, 3])
        #expect(try intake.begin(manifest) == [0])
        try intake.keep(1, try from.bytes("chunk-00000001"))
        #expect(try intake.begin(manifest) == [0, 1])
        other.height += 1
        #expect(try intake.begin(other).isEmpty)
        try intake.clear()
        #expect(intake.content == nil)
    }

    @Test func `what came in begins a ledger, and what the key signed stands in it`() throws {
        let (from, to, manifest, intake) = try arriving()
        defer { withExtendedLifetime(to) {} }
        _ = try intake.begin(manifest)
        for index in 0..<2 { try intake.keep(UInt32(index), try from.bytes("chunk-0000000\(index)")) }
        let old = try TemporaryFolder()
        do {
            let log = try BlockLog(folder: old.path)
            try log.append([
                .vote(height: 1, bytes: [1]), .decidedBlock(height: 1, block: [1], commit: [1]),
                .vote(height: 2, bytes: [2]), .vote(height: 2, bytes: [3]), .vote(height: 99, bytes: [4]),
            ])
            try log.sync()
        }
        let votes = try BlockLog(folder: old.path).carriedVotes
        #expect(votes.map(\.bytes) == [[2], [3], [4]])
        let ledger = try TemporaryFolder()
        try Snapshot.install(from: intake.folder, into: ledger.path, stores: Self.stores, votes: votes)
        for _ in 0..<2 {
            let log = try BlockLog(folder: ledger.path)
            #expect(log.firstHeight == 10 && log.lastHeight == 10)
            // Above the block only what bars heights is open; it is the newest as well.
            #expect(log.openVotes == [[4]] && log.lastVote == [4])
            #expect(log.carriedVotes.map(\.height) == [99])
        }
        let log = try BlockLog(folder: ledger.path)
        try log.append([.decidedBlock(height: 11, block: [5], commit: [6])])
        try log.sync()
        #expect(try BlockLog(folder: ledger.path).block(11).block == [5])
    }

    @Test func `the newest vote comes along where no vote is open`() throws {
        let (from, to, manifest, intake) = try arriving()
        defer { withExtendedLifetime(to) {} }
        _ = try intake.begin(manifest)
        for index in 0..<2 { try intake.keep(UInt32(index), try from.bytes("chunk-0000000\(index)")) }
        let ledger = try TemporaryFolder()
        try Snapshot.install(
            from: intake.folder, into: ledger.path, stores: Self.stores, votes: [(height: 5, bytes: [5])])
        let log = try BlockLog(folder: ledger.path)
        #expect(log.openVotes.isEmpty && log.lastVote == [5])
    }
}
