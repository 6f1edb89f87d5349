import Cryptography
import Foundation
import SimulatedDisk
import StateTree
import Testing

@testable import LedgerStore

/// Prints how fast the files are; run with `VIVIAN_FIGURES=1` in release.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["VIVIAN_FIGURES"] != nil))
struct Figures {
    private func measure(_ name: String, _ body: () throws -> Void) rethrows {
        let time = try ContinuousClock().measure(body)
        print("figure \(name): \(time)")
    }

    @Test func `block log, 200 heights of 1 MiB and a vote, one sync each`() throws {
        let folder = try TemporaryFolder()
        let block = SHA256.hash([1]).bytes
        let bytes = (0..<(1 << 15)).flatMap { _ in block }
        let log = try BlockLog(folder: folder.path)
        try measure("blockLog.append heights=200 bytes=1MiB") {
            for height: UInt64 in 1...200 {
                try log.append([
                    .vote(height: height, bytes: block), .decidedBlock(height: height, block: bytes, commit: block),
                ])
                try log.sync()
            }
        }
        try measure("blockLog.open bytes=200MiB") { _ = try BlockLog(folder: folder.path) }
        let small = try TemporaryFolder()
        let votes = try BlockLog(folder: small.path)
        try measure("blockLog.append votes=200 synced") {
            for height: UInt64 in 1...200 {
                try votes.append([.vote(height: height, bytes: block)])
                try votes.sync()
            }
        }
    }

    @Test func `record log, a million leaves by thousands`() throws {
        let folder = try TemporaryFolder()
        let tiles = try TileStore(folder: folder.path, size: 0, root: .zero)
        let entries = (0..<1000).map { SHA256.hash([UInt8($0 & 255), UInt8($0 >> 8)]) }
        try measure("tiles.append leaves=1M") {
            for _ in 0..<1000 { try tiles.append(entries) }
            try tiles.sync()
        }
        try measure("tiles.verify leaves=1M") { try tiles.verify() }
    }

    @Test func `checkpoint of a million records`() throws {
        let folder = try TemporaryFolder()
        let value = [UInt8](repeating: 5, count: 100)
        let changes = (0..<1_000_000).map { number in
            (
                key: SHA256.hash(withUnsafeBytes(of: number) { Array($0) }).bytes,
                value: Optional(value)
            )
        }
        var forest = StoreForest(stores: ["a"])
        forest = try forest.applying([("a", changes)])
        let store = try CheckpointStore(folder: folder.path, stores: ["a"])
        func write(_ height: UInt64, _ name: String) throws {
            let job = store.begin(height: height, forest: forest, note: [])
            try measure("checkpoint.write \(name)") { try CheckpointStore.write(job) }
            store.end(job, succeeded: true)
        }
        try write(1, "whole=1M")
        try write(2, "whole=1M")
        let some = Array(
            changes.prefix(10_000).map { (key: $0.key, value: Optional([UInt8](repeating: 6, count: 100))) })
        forest = try forest.applying([("a", some)])
        store.note(some.map { CheckpointStore.Place(store: 0, keyHash: SHA256.hash($0.key)) })
        try write(3, "changes=10k of=1M")
        let again = try CheckpointStore(folder: folder.path, stores: ["a"])
        var loaded: CheckpointStore.Checkpoint?
        measure("checkpoint.load records=1M") { loaded = again.load() }
        #expect(loaded?.forest.appHash == forest.appHash)
    }

    @Test func `a simulated disk, a thousand logs opened, written, crashed and opened again`() throws {
        try measure("simulatedDisk.cycle logs=1000 heights=10") {
            for seed: UInt64 in 0..<1_000 {
                let disk = SimulatedFileSystem(seed: seed)
                let log = try BlockLog(folder: "/ledger", on: disk)
                for height: UInt64 in 1...10 {
                    try log.append([.vote(height: height, bytes: [UInt8](repeating: 1, count: 200))])
                    try log.sync()
                    try log.append([.decidedBlock(height: height, block: [1, 2, 3], commit: [4])])
                    try log.sync()
                }
                disk.crash()
                #expect(try BlockLog(folder: "/ledger", on: disk).lastHeight == 10)
            }
        }
    }
}
