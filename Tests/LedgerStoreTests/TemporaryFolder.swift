import Foundation
import Synchronization

@testable import LedgerStore

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/vivian-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

/// The real disk, whose writes and syncs begin to fail when told.
final class FailingDisk: FileSystem {
    let failure = Mutex<(write: Int32, sync: Int32)>((0, 0))
    let writes = Mutex(0)
    private let system = SystemFileSystem()

    private final class File: OpenFile {
        let disk: FailingDisk
        let file: any OpenFile

        init(disk: FailingDisk, file: any OpenFile) {
            self.disk = disk
            self.file = file
        }

        func size() -> Int { file.size() }
        func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            file.read(at: offset, into: buffer)
        }
        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
            disk.writes.withLock { $0 += 1 }
            let number = disk.failure.withLock { $0.write }
            return number == 0 ? file.write(bytes, at: offset) : -Int(number)
        }
        func truncate(to size: Int) -> Int { file.truncate(to: size) }
        func sync() -> Int {
            let number = disk.failure.withLock { $0.sync }
            return number == 0 ? file.sync() : -Int(number)
        }
    }

    func open(_ path: String, _ mode: OpenMode) -> Result<any OpenFile, SystemError> {
        system.open(path, mode).map { File(disk: self, file: $0) }
    }
    func names(in folder: String) -> Result<[String], SystemError> { system.names(in: folder) }
    func makeFolder(_ path: String) -> Int { system.makeFolder(path) }
    func syncFolder(_ path: String) -> Int { system.syncFolder(path) }
    func unlink(_ path: String) -> Int { system.unlink(path) }
    func rename(_ path: String, to target: String) -> Int { system.rename(path, to: target) }
}
