import Cryptography
import Proofs
import TestSupport
import Testing

@testable import StateTree

/// Going back from a held version of the stores to earlier ones.
struct PastForestTests {
    static let stores = ["anchor", "bank", "market"]

    /// Some hundred random versions, each beside a plain copy of all it holds.
    struct Versions {
        var forests: [StoreForest] = [StoreForest(stores: PastForestTests.stores)]
        var copies: [[String: [[UInt8]: [UInt8]]]] = [[:]]
        /// At each height, what leads back to it from the next.
        var undos: [ForestUndo] = []
        var random: SeededGenerator

        init(count: Int, keyCount: Int, seed: UInt64) throws {
            random = SeededGenerator(seed: seed)
            for _ in 0..<count {
                var copy = copies.last!
                var changes: [(store: String, changes: [(key: [UInt8], value: [UInt8]?)])] = []
                for store in PastForestTests.stores where Bool.random(using: &random) {
                    var rows: [[UInt8]: [UInt8]?] = [:]
                    for _ in 0..<Int.random(in: 1...8, using: &random) {
                        let key = Array("key \(Int.random(in: 0..<keyCount, using: &random))".utf8)
                        let isRemoval = Int.random(in: 0..<3, using: &random) == 0
                        rows.updateValue(isRemoval ? nil : Array("\(random.next())".utf8), forKey: key)
                    }
                    for (key, value) in rows { copy[store, default: [:]][key] = value }
                    changes.append((store, rows.map { (key: $0.key, value: $0.value) }))
                }
                copies.append(copy)
                let update = try forests.last!.updated(by: changes)
                forests.append(update.forest)
                undos.append(update.undo)
            }
        }
    }

    /// A past version made from a later one and the undoing of all between them, of each store's every key.
    static func past(
        _ height: Int, from laterHeight: Int, in versions: Versions, keys: [(store: String, key: [UInt8])]
    ) throws -> PastForest {
        let later = versions.forests[laterHeight]
        let undos = versions.undos[height..<laterHeight]
        var roots: [Int: Digest] = [:]
        for store in undos.flatMap(\.stores) where roots[store.index] == nil { roots[store.index] = store.root }
        var past = PastForest(later: later, earlier: roots)
        for (name, key) in keys {
            let store = try #require(later.names.firstIndex(of: name))
            let shards = undos.flatMap { $0.stores.filter { $0.index == store }.flatMap(\.shards) }
            if !past.isOpen(store) {
                var marks: [Int: SubtreeMark] = [:]
                for shard in shards where marks[shard.index] == nil { marks[shard.index] = shard.before }
                try #require(Self.opens(&past, store, later, marks))
            }
            while let missing = past.missingShard(store, key: key) {
                var rows: [[UInt8]: [UInt8]?] = [:]
                for row in shards.filter({ $0.index == missing }).flatMap(\.rows) where rows[row.key] == nil {
                    rows.updateValue(row.value, forKey: row.key)
                }
                let found = rows.map { ForestUndo.Row(key: $0.key, value: $0.value) }
                try #require(Self.loads(&past, store, missing, later, found))
            }
        }
        return past
    }

    // The macros take no mutating calls.
    static func opens(_ past: inout PastForest, _ store: Int, _ later: StoreForest, _ marks: [Int: SubtreeMark])
        -> Bool
    {
        past.open(store, later: later, earlier: marks)
    }

    static func loads(
        _ past: inout PastForest, _ store: Int, _ shard: Int, _ later: StoreForest, _ rows: [ForestUndo.Row]
    ) -> Bool {
        past.load(store, shard: shard, later: later, rows: rows)
    }

    static func verify(_ past: PastForest, _ store: String, _ key: [UInt8], _ value: [UInt8]?) throws {
        let index = try #require(stores.firstIndex(of: store))
        #expect(past.value(index, key: key) == value)
        try StateTreeTests.verify(
            try #require(past.proof(index, key: key)), under: past.appHash, store, key, value)
    }

    @Test(arguments: [3, 40, 2_000]) func `every key of every earlier version is proven as its plain copy has it`(
        keyCount: Int
    ) throws {
        let versions = try Versions(count: 200, keyCount: keyCount, seed: 11)
        var random = SeededGenerator(seed: 12)
        for height in 0..<200 {
            let laterHeight = Int.random(in: height...min(200, height + 60), using: &random)
            let keys = (0..<4).map { _ in
                (
                    store: Self.stores.randomElement(using: &random)!,
                    key: Array("key \(Int.random(in: 0..<keyCount, using: &random))".utf8)
                )
            }
            let past = try Self.past(height, from: laterHeight, in: versions, keys: keys)
            #expect(past.appHash == versions.forests[height].appHash)
            for (store, key) in keys { try Self.verify(past, store, key, versions.copies[height][store]?[key]) }
        }
    }

    @Test func `a proof from the past is the one that was made then`() throws {
        let versions = try Versions(count: 60, keyCount: 500, seed: 5)
        for height in 0..<60 {
            let key = Array("key \(height)".utf8)
            let past = try Self.past(height, from: 60, in: versions, keys: [("bank", key)])
            #expect(
                past.proof(1, key: key)?.encoded() == versions.forests[height].proof(store: "bank", key: key)?.encoded()
            )
        }
    }

    @Test func `undoing nothing names no store`() throws {
        let versions = try Versions(count: 5, keyCount: 50, seed: 6)
        let undo = try versions.forests[5].updated(by: []).undo
        #expect(undo.stores.isEmpty)
        #expect(undo.before == undo.after)
    }

    @Test func `what changes nothing is no change: equal values, and absent keys removed`() throws {
        let one = try StoreForest(stores: Self.stores).applying([("bank", [([1], [2])])])
        let undo = try one.updated(by: [("bank", [([1], [2]), ([9], nil)]), ("market", [([3], nil)])]).undo
        #expect(undo.stores.isEmpty)
        #expect(undo.before == undo.after)
    }

    @Test func `each change is undone once, by rising place, with the value that stood there`() throws {
        let versions = try Versions(count: 300, keyCount: 60, seed: 8)
        for (height, undo) in versions.undos.enumerated() {
            let (old, new) = (versions.copies[height], versions.copies[height + 1])
            #expect(undo.stores.map(\.index) == undo.stores.map(\.index).sorted())
            for (index, name) in Self.stores.enumerated() {
                let store = undo.stores.first { $0.index == index }
                let rows = store?.shards.flatMap(\.rows) ?? []
                let places = rows.map { SHA256.hash($0.key) }
                #expect(places == places.sorted())
                let (before, after) = (old[name] ?? [:], new[name] ?? [:])
                let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
                #expect(Set(rows.map(\.key)) == changed && rows.count == changed.count)
                for row in rows { #expect(row.value == before[row.key]) }
                for shard in store?.shards ?? [] {
                    #expect(shard.rows.allSatisfy { StoreShard.index(ofKey: $0.key) == shard.index })
                    #expect(
                        shard.before
                            == SubtreeMark(StoreShard.all(of: versions.forests[height].roots[index].tree)[shard.index]))
                }
                if let store { #expect(store.root == versions.forests[height].roots[index].hash) }
            }
        }
    }

    @Test func `roots, marks and rows that do not fit are refused`() throws {
        let versions = try Versions(count: 1, keyCount: 200, seed: 7)
        let (older, later) = (versions.forests[0], versions.forests[1])
        let undo = versions.undos[0]
        let store = try #require(undo.stores.first)
        let shard = try #require(store.shards.first)
        let key = try #require(shard.rows.first).key
        let marks = Dictionary(uniqueKeysWithValues: store.shards.map { ($0.index, $0.before) })

        var wrongRoot = PastForest(later: later, earlier: [store.index: SHA256.hash([9])])
        #expect(wrongRoot.appHash != older.appHash)
        #expect(!Self.opens(&wrongRoot, store.index, later, marks))

        var past = PastForest(
            later: later, earlier: Dictionary(uniqueKeysWithValues: undo.stores.map { ($0.index, $0.root) }))
        #expect(past.appHash == older.appHash)
        #expect(past.proof(store.index, key: key) == nil, "nothing is known of the store yet")
        #expect(!Self.loads(&past, store.index, shard.index, later, shard.rows))
        #expect(!Self.opens(&past, store.index, later, [:]))
        var moved = marks
        moved[shard.index] = SubtreeMark(kind: .inner, hash: SHA256.hash([8]))
        #expect(!Self.opens(&past, store.index, later, moved))
        #expect(Self.opens(&past, store.index, later, marks))

        let rows = shard.rows
        let refused: [[ForestUndo.Row]] = [
            [], rows + [.init(key: key, value: [7])], rows.map { .init(key: $0.key, value: [7, 7]) },
            rows.map { .init(key: $0.key, value: []) }, rows + [.init(key: [], value: nil)],
            rows + [.init(key: Self.key(outside: shard.index), value: nil)],
        ]
        for wrong in refused { #expect(!Self.loads(&past, store.index, shard.index, later, wrong)) }
        #expect(past.missingShard(store.index, key: key) == shard.index)
        #expect(Self.loads(&past, store.index, shard.index, later, rows))
        #expect(past.missingShard(store.index, key: key) != shard.index)
    }

    static func key(outside shard: Int) -> [UInt8] {
        for number in UInt8.min...UInt8.max where StoreShard.index(ofKey: [number]) != shard { return [number] }
        preconditionFailure("256 keys lie in more than one shard")
    }

    @Test func `an empty subtree has no hash but the placeholder`() {
        #expect(SubtreeMark(kind: .empty, hash: SHA256.hash([1])) == nil)
        #expect(SubtreeMark(kind: .empty, hash: Jellyfish.placeholder) != nil)
    }
}
