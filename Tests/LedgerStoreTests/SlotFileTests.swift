import SimulatedDisk
import Testing

@testable import LedgerStore

/// One value, replaced in place, on a disk whose power fails.
@Suite struct SlotFileTests {
    private static let path = "/signer/signed"

    private func made(seed: UInt64) throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem(seed: seed)
        try disk.ensureFolder("/signer")
        try SlotFile.create(Self.path, in: "/signer", value: [0], on: disk)
        return disk
    }

    private func value(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 700) }

    @Test func `what was replaced is there after the power failed, whatever it hit`() throws {
        for seed: UInt64 in 0..<60 {
            let disk = try made(seed: seed)
            let file = try SlotFile(opening: Self.path, on: disk)
            var kept: UInt8 = 0
            disk.arm(.powerLoss, after: Int(seed % 17))
            for number: UInt8 in 1...9 {
                guard (try? file.replace(by: value(number))) != nil else { break }
                kept = number
            }
            disk.disarm()
            disk.crash()
            let found = try SlotFile(opening: Self.path, on: disk).value
            let isKept = found == (kept == 0 ? [0] : value(kept))
            #expect(isKept || found == value(kept + 1), "seed \(seed)")
        }
    }

    @Test func `what a killed process left in the cache is durable once it was read`() throws {
        for seed: UInt64 in 0..<40 {
            let disk = try made(seed: seed)
            let file = try SlotFile(opening: Self.path, on: disk)
            disk.arm(.syncError)
            #expect(throws: StoreFailure.self) { try file.replace(by: value(1)) }
            disk.kill()
            let seen = try SlotFile(opening: Self.path, on: disk).value
            disk.crash()
            #expect(try SlotFile(opening: Self.path, on: disk).value == seen, "seed \(seed)")
        }
    }

    @Test func `nothing is written after a failure`() throws {
        let disk = try made(seed: 1)
        let file = try SlotFile(opening: Self.path, on: disk)
        disk.arm(.syncError)
        #expect(throws: StoreFailure.self) { try file.replace(by: value(1)) }
        #expect(throws: StoreFailure.poisoned) { try file.replace(by: value(2)) }
    }

    @Test func `a slot that does not hold gives way to the other, and is reported`() throws {
        let folder = try TemporaryFolder()
        try SlotFile.create(folder.path + "/s", in: folder.path, value: [7])
        #expect(try !SlotFile(opening: folder.path + "/s").isHalf)
        var bytes = try folder.bytes("s")
        bytes[20] ^= 1
        try folder.write(bytes, "s")
        let file = try SlotFile(opening: folder.path + "/s")
        #expect(file.isHalf && file.value == [7])
    }

    @Test func `a file that is missing, empty, or holds in neither slot is refused`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreFailure.self) { try SlotFile(opening: folder.path + "/none") }
        for bytes in [[], [UInt8](repeating: 0, count: 8_192), Array("VSL1".utf8)] {
            try folder.write(bytes, "s")
            #expect(throws: StoreFailure.damaged(file: folder.path + "/s", offset: 0, height: 0)) {
                try SlotFile(opening: folder.path + "/s")
            }
        }
    }
}
