import Glibc

/// A file by its descriptor, for reading anywhere and appending at the end.
final class RawFile: Sendable {
    let path: String
    let descriptor: Int32
    private let disk: any Disk

    init(
        _ path: String, flags: Int32 = O_RDWR | O_CREAT | O_CLOEXEC, disk: any Disk = SystemDisk()
    ) throws(StoreFailure) {
        self.path = path
        self.disk = disk
        descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw .last("open", path) }
    }

    deinit { close(descriptor) }

    func size() throws(StoreFailure) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last("fstat", path) }
        return Int(status.st_size)
    }

    /// Up to `count` bytes from an offset; fewer at the end of the file.
    func read(at offset: Int, count: Int) throws(StoreFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(at: offset, count: count, into: &bytes)
        return bytes
    }

    /// The same into a buffer that is used again.
    func read(at offset: Int, count: Int, into bytes: inout [UInt8]) throws(StoreFailure) {
        if bytes.count < count { bytes += [UInt8](repeating: 0, count: count - bytes.count) }
        var done = 0
        while done < count {
            let result = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
            }
            if result < 0 {
                if errno == EINTR { continue }
                throw .last("pread", path)
            }
            if result == 0 { break }
            done += result
        }
        bytes.removeLast(bytes.count - done)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StoreFailure) {
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeBytes { buffer in
                disk.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer[done...]), at: offset + done)
            }
            if result < 0 {
                if errno == EINTR { continue }
                throw .last("pwrite", path)
            }
            done += result
        }
    }

    func truncate(to size: Int) throws(StoreFailure) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .last("ftruncate", path) }
    }

    /// Makes what was written durable.
    func sync() throws(StoreFailure) {
        guard disk.sync(descriptor) == 0 else { throw .last("fdatasync", path) }
    }

    /// Makes a folder's own entries durable: new and deleted files.
    static func syncFolder(_ path: String) throws(StoreFailure) {
        let folder = try RawFile(path, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fsync(folder.descriptor) == 0 else { throw .last("fsync", path) }
    }

    static func makeFolder(_ path: String) throws(StoreFailure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir", path) }
    }

    /// Names in a folder, sorted.
    static func names(in folder: String) throws(StoreFailure) -> [String] {
        guard let stream = opendir(folder) else { throw .last("opendir", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// The folder's single writer.
package final class FolderLock: Sendable {
    private let file: RawFile

    package init(folder: String) throws(StoreFailure) {
        try RawFile.makeFolder(folder)
        file = try RawFile(folder + "/lock")
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .locked(folder) }
    }
}

/// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), eight bytes a step.
struct CRC32C {
    private static let tables: [[UInt32]] = {
        var tables = [[UInt32]](repeating: [UInt32](repeating: 0, count: 256), count: 8)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
            tables[0][index] = value
        }
        for slice in 1..<8 {
            for index in 0..<256 {
                let before = tables[slice - 1][index]
                tables[slice][index] = before >> 8 ^ tables[0][Int(before & 0xff)]
            }
        }
        return tables
    }()

    private var state: UInt32 = ~0

    /// The checksum of all bytes so far.
    var value: UInt32 { ~state }

    static func checksum(_ parts: [[UInt8]]) -> UInt32 {
        var sum = CRC32C()
        for part in parts { sum.update(part) }
        return sum.value
    }

    mutating func update(_ part: [UInt8]) {
        var value = state
        let tables = Self.tables
        part.withUnsafeBufferPointer { bytes in
            tables.withUnsafeBufferPointer { tables in
                var index = 0
                while index + 8 <= bytes.count {
                    let low =
                        value
                        ^ (UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
                            | UInt32(bytes[index + 3]) << 24)
                    let first = tables[7][Int(low & 0xff)] ^ tables[6][Int(low >> 8 & 0xff)]
                    let second = tables[5][Int(low >> 16 & 0xff)] ^ tables[4][Int(low >> 24)]
                    let third = tables[3][Int(bytes[index + 4])] ^ tables[2][Int(bytes[index + 5])]
                    let fourth = tables[1][Int(bytes[index + 6])] ^ tables[0][Int(bytes[index + 7])]
                    value = first ^ second ^ third ^ fourth
                    index += 8
                }
                while index < bytes.count {
                    value = value >> 8 ^ tables[0][Int((value ^ UInt32(bytes[index])) & 0xff)]
                    index += 1
                }
            }
        }
        state = value
    }
}
