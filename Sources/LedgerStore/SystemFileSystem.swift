import Glibc

/// The operating system's files.
package struct SystemFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) -> Result<any OpenFile, SystemError> {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT
            case .replace: O_RDWR | O_CREAT | O_TRUNC
            }
        return SystemFile.open(path, flags).map { $0 }
    }

    package func names(in folder: String) -> Result<[String], SystemError> {
        guard let stream = opendir(folder) else { return .failure(SystemError(errno)) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return .success(names)
    }

    package func makeFolder(_ path: String) -> Int { answer(mkdir(path, 0o700)) }

    package func syncFolder(_ path: String) -> Int {
        switch SystemFile.open(path, O_RDONLY | O_DIRECTORY) {
        case .success(let folder): answer(fsync(folder.descriptor))
        case .failure(let error): -Int(error.number)
        }
    }

    package func unlink(_ path: String) -> Int { answer(Glibc.unlink(path)) }

    package func rename(_ path: String, to target: String) -> Int { answer(Glibc.rename(path, target)) }
}

/// A file by its descriptor.
final class SystemFile: OpenFile {
    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    static func open(_ path: String, _ flags: Int32) -> Result<SystemFile, SystemError> {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        return descriptor < 0 ? .failure(SystemError(errno)) : .success(SystemFile(descriptor: descriptor))
    }

    deinit { close(descriptor) }

    func size() -> Int {
        var status = stat()
        let result = fstat(descriptor, &status)
        return result == 0 ? Int(status.st_size) : answer(result)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        answer(pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)))
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        answer(pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset)))
    }

    func truncate(to size: Int) -> Int { answer(ftruncate(descriptor, off_t(size))) }

    func sync() -> Int { answer(fdatasync(descriptor)) }
}

/// A call's result, with the error number in it.
private func answer(_ result: some BinaryInteger) -> Int { result < 0 ? -Int(errno) : Int(result) }
