import Cryptography
import Foundation
import StateTree
import Testing

@testable import LedgerStore

@Suite struct CheckpointStoreTests {
    static let stores = ["a", "b"]

    static func next(_ forest: StoreForest, _ height: UInt64) throws -> (StoreForest, [CheckpointStore.Place]) {
        var changes: [(key: [UInt8], value: [UInt8]?)] = (0..<10).map {
            (key: Array("key \(height) \($0)".utf8), value: Array("value \(height)".utf8))
        }
        if height > 1 { changes.append((key: Array("key \(height - 1) 3".utf8), value: nil)) }
        return (
            try forest.applying([("b", changes)]),
            changes.map { CheckpointStore.Place(store: 1, keyHash: SHA256.hash($0.key)) }
        )
    }

    /// Four checkpoints at heights 1 to 4, so that both generations were written whole and then by their changes.
    static func fill(_ folder: TemporaryFolder) throws -> [UInt64: StoreForest] {
        let store = try CheckpointStore(folder: folder.path, stores: stores)
        #expect(store.load()?.height == nil)
        var forest = StoreForest(stores: stores)
        var states: [UInt64: StoreForest] = [:]
        for height: UInt64 in 1...4 {
            let (made, places) = try next(forest, height)
            forest = made
            store.note(places)
            let job = store.begin(height: height, forest: forest, note: [UInt8(height)])
            try CheckpointStore.write(job)
            store.end(job, succeeded: true)
            states[height] = forest
        }
        return states
    }

    @Test func `while a generation is missing, or was not written, no block can be spared`() throws {
        let folder = try TemporaryFolder()
        let store = try CheckpointStore(folder: folder.path, stores: Self.stores)
        let forest = StoreForest(stores: Self.stores)
        func checkpoint(_ height: UInt64, succeeds: Bool = true) throws {
            let job = store.begin(height: height, forest: forest, note: [])
            if succeeds { try CheckpointStore.write(job) }
            store.end(job, succeeded: succeeds)
        }
        #expect(store.oldestHeight == nil)
        try checkpoint(1)
        #expect(store.oldestHeight == nil)
        try checkpoint(2)
        #expect(store.oldestHeight == 1)
        try checkpoint(3, succeeds: false)
        #expect(store.oldestHeight == nil)
        try checkpoint(4)
        #expect(store.oldestHeight == 2)
        let again = try CheckpointStore(folder: folder.path, stores: Self.stores)
        #expect(again.load()?.height == 4 && again.oldestHeight == 2)
        try folder.remove("checkpoint-b")
        let half = try CheckpointStore(folder: folder.path, stores: Self.stores)
        #expect(half.load()?.height == 4 && half.oldestHeight == nil)
    }

    enum Harm: CaseIterable { case none, removed, emptied, halved, flipped, garbage, unsealed }

    static func harm(_ folder: TemporaryFolder, _ name: String, _ harm: Harm) throws {
        let data = name + "/data.mdb"
        var bytes = try folder.bytes(data)
        switch harm {
        case .none: return
        case .removed: return try folder.remove(name)
        case .emptied: bytes = []
        case .halved: bytes.removeLast(bytes.count / 2)
        case .flipped: bytes[bytes.count / 2] ^= 1
        case .garbage: bytes = bytes.indices.map { UInt8(truncatingIfNeeded: $0 &* 31) }
        case .unsealed: return try folder.remove(name + "/seal")
        }
        try folder.write(bytes, data)
    }

    @Test(arguments: Harm.allCases, Harm.allCases)
    func `either generation may be destroyed`(first: Harm, second: Harm) throws {
        let folder = try TemporaryFolder()
        let states = try Self.fill(folder)
        try Self.harm(folder, "checkpoint-a", first)
        try Self.harm(folder, "checkpoint-b", second)
        let store = try CheckpointStore(folder: folder.path, stores: Self.stores)
        let loaded = store.load()
        // Heights 1 and 3 stand in a, 2 and 4 in b.
        let height: UInt64? = second == .none ? 4 : first == .none ? 3 : nil
        #expect(loaded?.height == height)
        #expect(loaded?.note == height.map { [UInt8($0)] })
        #expect(loaded?.forest.appHash == height.flatMap { states[$0]?.appHash })
        #expect(store.findings.count == (first == .none ? 0 : 1) + (second == .none ? 0 : 1))
        // The harmed one is written again, whole.
        let (forest, places) = try Self.next(loaded?.forest ?? StoreForest(stores: Self.stores), 5)
        store.note(places)
        for height: UInt64 in 5...6 {
            let job = store.begin(height: height, forest: forest, note: [])
            try CheckpointStore.write(job)
            store.end(job, succeeded: true)
        }
        let again = try CheckpointStore(folder: folder.path, stores: Self.stores)
        #expect(again.load()?.forest.appHash == forest.appHash)
        #expect(again.oldestHeight == 5)
    }

    @Test func `a checkpoint of more rows than one transaction takes is whole, whole or by its changes`() throws {
        let folder = try TemporaryFolder()
        let store = try CheckpointStore(folder: folder.path, stores: Self.stores)
        let count = CheckpointStore.rowsPerTransaction + 100
        var forest = StoreForest(stores: Self.stores)
        for height: UInt64 in 1...4 {
            var changes: [(key: [UInt8], value: [UInt8]?)] = (0..<count).map {
                (key: Array("key \($0)".utf8), value: [UInt8(height)])
            }
            if height > 2 { changes[9].value = nil }
            forest = try forest.applying([("b", changes)])
            let places = changes.map { CheckpointStore.Place(store: 1, keyHash: SHA256.hash($0.key)) }
            // Some change more than once between two checkpoints.
            store.note(places)
            store.note(Array(places[5..<50]))
            let job = store.begin(height: height, forest: forest, note: [])
            try CheckpointStore.write(job)
            store.end(job, succeeded: true)
            let loaded = try CheckpointStore(folder: folder.path, stores: Self.stores).load()
            #expect(loaded?.height == height)
            #expect(loaded?.forest.appHash == forest.appHash)
        }
    }

    @Test func `a generation destroyed while the node runs is written whole after one failure`() throws {
        let folder = try TemporaryFolder()
        let store = try CheckpointStore(folder: folder.path, stores: Self.stores)
        var forest = StoreForest(stores: Self.stores)
        var failures = 0
        for height: UInt64 in 1...6 {
            let (made, places) = try Self.next(forest, height)
            forest = made
            store.note(places)
            if height == 3 { try Self.harm(folder, "checkpoint-a", .halved) }
            let job = store.begin(height: height, forest: forest, note: [])
            do {
                try CheckpointStore.write(job)
                store.end(job, succeeded: true)
            } catch {
                failures += 1
                store.end(job, succeeded: false)
            }
        }
        #expect(failures == 1)
        #expect(try CheckpointStore(folder: folder.path, stores: Self.stores).load()?.forest.appHash == forest.appHash)
    }
}
