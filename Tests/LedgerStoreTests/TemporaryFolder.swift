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

/// A disk whose calls begin to fail when told.
final class FailingDisk: Disk {
    let failure = Mutex<(write: Int32, sync: Int32)>((0, 0))
    let writes = Mutex(0)

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        writes.withLock { $0 += 1 }
        let number = failure.withLock { $0.write }
        guard number != 0 else { return SystemDisk().write(descriptor, bytes, at: offset) }
        errno = number
        return -1
    }

    func sync(_ descriptor: Int32) -> Int32 {
        let number = failure.withLock { $0.sync }
        guard number != 0 else { return SystemDisk().sync(descriptor) }
        errno = number
        return -1
    }
}
