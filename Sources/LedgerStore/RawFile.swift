import Glibc

/// A file with its path: whole reads and writes over what the file system does in parts, and failures that say where.
final class RawFile: Sendable {
    let path: String
    private let file: any OpenFile

    init(
        _ path: String, _ mode: OpenMode = .create, on files: any FileSystem = SystemFileSystem()
    ) throws(StoreFailure) {
        self.path = path
        switch files.open(path, mode) {
        case .success(let opened): file = opened
        case .failure(let error): throw .refused("open", path, error)
        }
    }

    func size() throws(StoreFailure) -> Int { try StoreFailure.count(file.size(), "fstat", path) }

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
                file.read(at: offset + done, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<count]))
            }
            if result == -Int(EINTR) { continue }
            guard try StoreFailure.count(result, "pread", path) > 0 else { break }
            done += result
        }
        bytes.removeLast(bytes.count - done)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(StoreFailure) {
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeBytes { buffer in
                file.write(UnsafeRawBufferPointer(rebasing: buffer[done...]), at: offset + done)
            }
            if result == -Int(EINTR) { continue }
            // A disk that takes nothing and names no error would be asked for ever.
            guard result != 0 else { throw .refused("pwrite", path, SystemError(EIO)) }
            done += try StoreFailure.count(result, "pwrite", path)
        }
    }

    func truncate(to size: Int) throws(StoreFailure) {
        try StoreFailure.check(file.truncate(to: size), "ftruncate", path)
    }

    /// Makes what was written durable.
    func sync() throws(StoreFailure) { try StoreFailure.check(file.sync(), "fdatasync", path) }
}

/// The folder's single writer.
package final class FolderLock: Sendable {
    private let file: SystemFile

    package init(folder: String) throws(StoreFailure) {
        try SystemFileSystem().ensureFolder(folder)
        switch SystemFile.open(folder + "/lock", O_RDWR | O_CREAT) {
        case .success(let opened): file = opened
        case .failure(let error): throw .refused("open", folder + "/lock", error)
        }
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
