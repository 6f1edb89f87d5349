import Glibc
import SimulatedDisk
import Testing

@testable import LedgerStore

/// Whole files under their names, and what others wrote.
@Suite struct DurableFileTests {
    @Test func `a file that cannot be written leaves the older one as it was`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a"
        try DurableFile.write([1], to: path)
        #expect(throws: StoreFailure.self) { try DurableFile.write([2], to: folder.path + "/missing/a") }
        // A folder in the place of what is written first.
        try SystemFileSystem().ensureFolder(path + ".part")
        #expect(throws: StoreFailure.self) { try DurableFile.write([2], to: path) }
        #expect(try folder.bytes("a") == [1])
    }

    @Test func `a file does not take the place of a folder, nor does what is missing that of a file`() throws {
        let folder = try TemporaryFolder()
        try SystemFileSystem().ensureFolder(folder.path + "/folder")
        #expect(throws: StoreFailure.system(call: "rename", file: folder.path + "/folder.part", errno: EISDIR)) {
            try DurableFile.write([1], to: folder.path + "/folder")
        }
        try folder.write([3], "a")
        #expect(throws: StoreFailure.system(call: "rename", file: folder.path + "/none", errno: ENOENT)) {
            try DurableFile.move(folder.path + "/none", to: folder.path + "/a")
        }
        #expect(try folder.bytes("a") == [3])
    }

    @Test func `a file is replaced whole, whatever a write that was cut short has left`() throws {
        let folder = try TemporaryFolder()
        try folder.write([9, 9, 9, 9], "a.part")
        for bytes: [UInt8] in [[1, 2, 3], [], [4]] {
            try DurableFile.write(bytes, to: folder.path + "/a")
            #expect(try folder.bytes("a") == bytes)
            #expect(try folder.names == ["a"])
        }
    }

    @Test func `what another wrote is durable once it was settled, its entry too`() throws {
        for seed: UInt64 in 0..<40 {
            let disk = SimulatedFileSystem(seed: seed)
            try disk.ensureFolder("/signer")
            try RawFile("/signer/key", on: disk).write([1, 2, 3], at: 0)
            try SlotFile.settle("/signer/key", in: "/signer", on: disk)
            disk.crash()
            #expect(try RawFile("/signer/key", .read, on: disk).read(at: 0, count: 9) == [1, 2, 3], "seed \(seed)")
        }
    }

    @Test func `what is missing, or cannot be synced, is not settled`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreFailure.self) { try SlotFile.settle(folder.path + "/a", in: folder.path) }
        #expect(try folder.names.isEmpty, "nothing is made")
        let disk = SimulatedFileSystem(seed: 1)
        try disk.ensureFolder("/signer")
        _ = try RawFile("/signer/key", on: disk)
        for call in 0..<2 {
            disk.arm(.syncError, after: call)
            #expect(throws: StoreFailure.self) { try SlotFile.settle("/signer/key", in: "/signer", on: disk) }
        }
        #expect(throws: Never.self) { try SlotFile.settle("/signer/key", in: "/signer", on: disk) }
    }
}
