import Cryptography
import Glibc
import SimulatedDisk
import StateTree
import Synchronization
import Testing

@testable import LedgerStore

/// What the system refuses, and how that is said.
@Suite struct FileRefusalTests {
    /// A file of one byte's patience: it is interrupted, and reads and writes a byte at a time.
    private final class SlowFile: OpenFile {
        let bytes = Mutex<[UInt8]>([])
        let isInterrupted = Mutex(false)
        let takesNothing: Bool

        init(takesNothing: Bool = false) { self.takesNothing = takesNothing }

        private var interrupts: Bool {
            isInterrupted.withLock { state in
                state.toggle()
                return state
            }
        }

        func size() -> Int { bytes.withLock { $0.count } }
        func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            guard !interrupts else { return -Int(EINTR) }
            return bytes.withLock { bytes in
                guard offset < bytes.count else { return 0 }
                buffer[0] = bytes[offset]
                return 1
            }
        }
        func write(_ new: UnsafeRawBufferPointer, at offset: Int) -> Int {
            guard !takesNothing else { return 0 }
            guard !interrupts else { return -Int(EINTR) }
            return bytes.withLock { bytes in
                bytes.append(new[0])
                return 1
            }
        }
        func truncate(to size: Int) -> Int { -Int(EFBIG) }
        func sync() -> Int { -Int(EDQUOT) }
    }

    private struct SlowDisk: FileSystem {
        let file: SlowFile
        func open(_ path: String, _ mode: OpenMode) -> Result<any OpenFile, SystemError> { .success(file) }
        func names(in folder: String) -> Result<[String], SystemError> { .success([]) }
        func makeFolder(_ path: String) -> Int { 0 }
        func syncFolder(_ path: String) -> Int { 0 }
        func unlink(_ path: String) -> Int { 0 }
        func rename(_ path: String, to target: String) -> Int { 0 }
    }

    @Test func `interrupted calls and those that do a part are gone on with`() throws {
        let file = try RawFile("/a", on: SlowDisk(file: SlowFile()))
        try file.write([1, 2, 3], at: 0)
        #expect(try file.read(at: 0, count: 9) == [1, 2, 3])
        #expect(throws: StoreFailure.diskFull("/a")) { try file.sync() }
        #expect(throws: StoreFailure.diskFull("/a")) { try file.truncate(to: 1 << 60) }
    }

    @Test func `a disk that takes nothing is not asked for ever`() throws {
        let file = try RawFile("/a", on: SlowDisk(file: SlowFile(takesNothing: true)))
        #expect(throws: StoreFailure.system(call: "pwrite", file: "/a", errno: EIO)) { try file.write([1], at: 0) }
    }

    @Test func `what the system has not is refused with the call and the path`() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path + "/missing"
        let system = SystemFileSystem()
        func refused(_ call: String, _ file: String, _ number: Int32) -> StoreFailure {
            .system(call: call, file: file, errno: number)
        }
        #expect(throws: refused("open", missing, ENOENT)) { try RawFile(missing, .read) }
        #expect(throws: refused("open", missing, ENOENT)) { try RawFile(missing, .update) }
        #expect(throws: refused("open", folder.path, EISDIR)) { try RawFile(folder.path, .replace) }
        #expect(throws: refused("opendir", missing, ENOENT)) { try system.sortedNames(in: missing) }
        #expect(throws: refused("fsync", missing, ENOENT)) { try system.sync(folder: missing) }
        #expect(throws: refused("mkdir", missing + "/a", ENOENT)) { try system.ensureFolder(missing + "/a") }
        try system.remove(missing)
        #expect(throws: refused("unlink", folder.path, EISDIR)) { try system.remove(folder.path) }
        try folder.write([1], "file")
        #expect(throws: StoreFailure.self) { try FolderLock(folder: folder.path + "/file") }
        #expect(throws: refused("pwrite", folder.path + "/file", EBADF)) {
            try RawFile(folder.path + "/file", .read).write([1], at: 0)
        }
        #expect(throws: refused("pread", folder.path + "/file", EINVAL)) {
            _ = try RawFile(folder.path + "/file", .read).read(at: -1, count: 1)
        }
        // A relative path's folder is the working one, and a trailing slash is no name.
        #expect(throws: StoreFailure.self) { try system.ensureFolder("") }
        try system.ensureFolder(folder.path + "/made/")
        try system.ensureFolder(folder.path + "/made/")
        #expect(try folder.names == ["file", "made"])
    }

    @Test(
        arguments: [
            (.locked("/l"), "stop it first"), (.diskFull("/l/a"), "free space"),
            (.system(call: "pread", file: "/l/a", errno: EIO), "pread on /l/a failed: Input/output error"),
            (.damaged(file: "/l/a", offset: 7, height: 3), "damaged at byte 7, at block 3"),
            (.cutOff(file: "/l/blocks-1.log", size: 5, synced: 9, height: 2), "remove blocks.mark"),
            (.cutOff(file: "/l/headers.log", size: 5, synced: 9, height: 2), "remove headers.mark"),
            (.poisoned, "restart"), (.notFound(height: 4), "block 4 is not held"), (.mismatch("why"), "why"),
        ] as [(StoreFailure, String)])
    func `a failure says what to do`(failure: StoreFailure, text: String) {
        #expect(failure.description.contains(text), "\(failure)")
    }

    // MARK: LMDB

    @Test func `an environment that cannot be used is refused`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreFailure.self) { try LMDB(path: folder.path + "/missing", mapBytes: 1 << 20) }
        try folder.write([UInt8](repeating: 7, count: 1 << 14), "data.mdb")
        #expect(throws: StoreFailure.damaged(file: folder.path, offset: 0, height: 0)) {
            try LMDB(path: folder.path, mapBytes: 1 << 20)
        }
    }

    @Test func `a transaction that fails changes nothing, and a full map is a full disk`() throws {
        let folder = try TemporaryFolder()
        let environment = try LMDB(path: folder.path, mapBytes: 1 << 18)
        #expect(throws: StoreFailure.poisoned) {
            try environment.write { writer throws(StoreFailure) in
                try writer.put([1], [2])
                throw .poisoned
            }
        }
        #expect(try environment.value([1]) == nil)
        #expect(throws: StoreFailure.diskFull(folder.path)) {
            try environment.write { writer throws(StoreFailure) in
                for key: UInt8 in 0..<200 { try writer.put([key], [UInt8](repeating: 1, count: 4_000)) }
            }
        }
        #expect(throws: StoreFailure.self) {
            try environment.write { writer throws(StoreFailure) in try writer.put([], [1]) }
        }
        #expect(throws: StoreFailure.self) { try environment.value([]) }
        try environment.sync()
        #expect(try environment.value([0]) == nil)
    }
}
