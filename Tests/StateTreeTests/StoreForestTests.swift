import Cryptography
import Proofs
import Testing

@testable import StateTree

/// All stores under one root, and what is proven of them.
struct StoreForestTests {
    static let names = ["account", "anchor", "bank", "ibc", "staking"]

    @Test func `the sentinels are the least on either side`() {
        #expect(StoreForest.sentinels.count == 2)
        for (sentinel, side) in zip(StoreForest.sentinels, [false, true]) {
            #expect(sentinel.key.dropLast() == [0] + Array("sentinel".utf8))
            #expect(SHA256.hash(sentinel.key).bit(0) == side)
            for number in 0..<sentinel.key.last! {
                #expect(SHA256.hash(sentinel.key.dropLast() + [number]).bit(0) != side)
            }
        }
    }

    @Test func `every key of every store is proven present or absent`() throws {
        let entries = (0..<200).map { (key: Array("key \($0)".utf8), value: Optional(Array("value \($0)".utf8))) }
        let forest = try StoreForest(stores: Self.names).applying([
            ("anchor", entries), ("ibc", Array(entries[..<20])),
        ])
        #expect(forest.count == 2 * 5 + 220)
        for (key, value) in entries {
            try verify(forest, "anchor", key, value)
            try verify(forest, "ibc", key, forest.value("ibc", key))
            try verify(forest, "bank", key, nil)
            try verify(forest, "anchor", key + [0], nil)
        }
        for sentinel in StoreForest.sentinels { try verify(forest, "bank", sentinel.key, sentinel.value) }
    }

    @Test func `a proof of one store says nothing of another`() throws {
        let forest = try StoreForest(stores: Self.names).applying([("anchor", [([1], [2])])])
        let proof = try #require(forest.proof(store: "anchor", key: [1]))
        #expect(throws: ProofFailure.self) {
            try ICS23.verifyPath(
                root: forest.appHash.bytes, specs: ProofSpec.ledger, path: [Array("bank".utf8), [1]], value: [2],
                proof: proof)
        }
    }

    @Test func `old versions stay readable and provable`() throws {
        var forests = [StoreForest(stores: Self.names)]
        for version in 0..<50 {
            forests.append(try forests[version].applying([("bank", [([7], [UInt8(version + 1)]), ([8], [9])])]))
        }
        for (version, forest) in forests.enumerated() {
            #expect(forest.value("bank", [7]) == (version == 0 ? nil : [UInt8(version)]))
            try verify(forest, "bank", [7], version == 0 ? nil : [UInt8(version)])
        }
    }

    @Test func `an empty value and an unknown store are refused`() {
        let forest = StoreForest(stores: Self.names)
        #expect(throws: StateTreeFailure.emptyValue(store: "bank")) {
            try forest.applying([("bank", [([1], [])])])
        }
        #expect(throws: StateTreeFailure.unknownStore("nft")) { try forest.applying([("nft", [([1], [1])])]) }
        #expect(forest.value("nft", [1]) == nil)
        #expect(forest.proof(store: "nft", key: [1]) == nil)
        #expect(forest.root("nft") == nil)
    }

    @Test func `no changes, and changes of one store, leave the other roots as they are`() throws {
        let forest = StoreForest(stores: Self.names)
        #expect(try forest.applying([]).appHash == forest.appHash)
        let next = try forest.applying([("bank", [([1], [1])])])
        #expect(next.appHash != forest.appHash)
        for name in Self.names where name != "bank" { #expect(next.root(name)?.hash == forest.root(name)?.hash) }
    }
}
