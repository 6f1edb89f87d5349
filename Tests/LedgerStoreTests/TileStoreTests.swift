import Cryptography
import Foundation
import Proofs
import Testing

@testable import LedgerStore

@Suite struct TileStoreTests {
    static func entries(_ range: Range<Int>) -> [Digest] { range.map { SHA256.hash(Array("entry \($0)".utf8)) } }

    static func root(_ size: Int) -> Digest { SimpleMerkle.root(of: entries(0..<size).map(\.bytes)) }

    @Test(arguments: [1, 2, 3, 255, 256, 257, 511, 513, 1000])
    func `paths from tiles verify against the root of RFC 9162`(size: Int) throws {
        let folder = try TemporaryFolder()
        let tiles = try TileStore(folder: folder.path, size: 0, root: .zero)
        var done = 0
        while done < size {
            let next = min(size, done + 1 + done % 97)
            try tiles.append(Self.entries(done..<next))
            done = next
        }
        try tiles.sync()
        try tiles.verify()
        let root = Self.root(size)
        for index in Set([0, size / 2, size - 1]) {
            let path = try TransparencyLog.inclusionPath(of: UInt64(index), size: UInt64(size)) {
                level, index throws(StoreFailure) in try tiles.node(level: level, index: index)
            }
            let leaf = TransparencyLog.leafHash(entry: Self.entries(index..<index + 1)[0].bytes)
            #expect(
                try TransparencyLog.root(
                    fromInclusionOf: leaf, index: UInt64(index), size: UInt64(size), path: path) == root)
        }
        #expect(try TileStore(folder: folder.path, size: UInt64(size), root: root).size == UInt64(size))
    }

    @Test func `opening at an earlier size cuts what came after, and replay fills it again`() throws {
        let folder = try TemporaryFolder()
        try TileStore(folder: folder.path, size: 0, root: .zero).append(Self.entries(0..<700))
        let tiles = try TileStore(folder: folder.path, size: 300, root: Self.root(300))
        #expect(try tiles.tile(level: -1, index: 1, width: 44) == Self.entries(256..<300))
        #expect(try tiles.tile(level: -1, index: 1, width: 45) == nil)
        try tiles.append(Self.entries(300..<700))
        _ = try TileStore(folder: folder.path, size: 700, root: Self.root(700))
    }

    @Test func `files that are too short or of another log are refused and left alone`() throws {
        let folder = try TemporaryFolder()
        try TileStore(folder: folder.path, size: 0, root: .zero).append(Self.entries(0..<300))
        #expect(throws: StoreFailure.self) { try TileStore(folder: folder.path, size: 301, root: Self.root(301)) }
        #expect(throws: StoreFailure.self) { try TileStore(folder: folder.path, size: 256, root: Self.root(257)) }
        #expect(try folder.bytes("entries").count == 300 * 32)
        _ = try TileStore(folder: folder.path, size: 300, root: Self.root(300))
    }

    @Test(arguments: ["entries", "tile-0", "tile-1"])
    func `a flipped bit is found by computing every hash`(name: String) throws {
        let folder = try TemporaryFolder()
        let tiles = try TileStore(folder: folder.path, size: 0, root: .zero)
        try tiles.append(Self.entries(0..<600))
        var bytes = try folder.bytes(name)
        bytes[33] ^= 4
        try folder.write(bytes, name)
        #expect(throws: StoreFailure.self) {
            try TileStore(folder: folder.path, size: 600, root: Self.root(600)).verify()
        }
    }

    @Test func `tiles that are not there, or too far to be, are nil`() throws {
        let folder = try TemporaryFolder()
        let tiles = try TileStore(folder: folder.path, size: 0, root: .zero)
        try tiles.append([])
        try tiles.append(Self.entries(0..<300))
        #expect(try tiles.tile(level: 0, index: 1, width: 44)?.count == 44)
        #expect(try tiles.tile(level: 0, index: 1, width: 45) == nil)
        #expect(try tiles.tile(level: 1, index: 0, width: 1)?.count == 1)
        #expect(try tiles.tile(level: 1, index: 0, width: 2) == nil)
        #expect(try tiles.tile(level: 7, index: 0, width: 1) == nil)
        #expect(try tiles.tile(level: 0, index: .max, width: 1) == nil)
    }

    @Test func `files that lost their end under an open record log are damage`() throws {
        let folder = try TemporaryFolder()
        let tiles = try TileStore(folder: folder.path, size: 0, root: .zero)
        try tiles.append(Self.entries(0..<300))
        let file = try RawFile(folder.path + "/entries")
        try file.truncate(to: 100)
        #expect(throws: StoreFailure.damaged(file: folder.path + "/entries", offset: 0, height: 0)) {
            try tiles.verify()
        }
        #expect(throws: StoreFailure.self) { try tiles.entries(from: 3, count: 1) }
    }

    @Test func `a level that is too short is refused`() throws {
        let folder = try TemporaryFolder()
        try TileStore(folder: folder.path, size: 0, root: .zero).append(Self.entries(0..<300))
        try folder.write([], "tile-1")
        #expect(throws: StoreFailure.self) { try TileStore(folder: folder.path, size: 300, root: Self.root(300)) }
    }
}
