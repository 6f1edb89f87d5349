/// Files by their paths: a port, so that the same log runs on the operating system's files and on a simulated disk whose
/// power fails.
///
/// Every call answers as the kernel does: with 0 or a count, or with the negated error number.
package protocol FileSystem: Sendable {
    func open(_ path: String, _ mode: OpenMode) -> Result<any OpenFile, SystemError>
    /// Names in a folder, in any order.
    func names(in folder: String) -> Result<[String], SystemError>
    /// Makes a folder; `-EEXIST` where there is one.
    func makeFolder(_ path: String) -> Int
    /// Makes a folder's own entries durable: new and deleted files.
    func syncFolder(_ path: String) -> Int
    /// Deletes a file.
    func unlink(_ path: String) -> Int
    /// Gives a file another name in the same folder, in the place of one that has it.
    func rename(_ path: String, to target: String) -> Int
}

/// A file that was opened; it is closed with its last reference.
package protocol OpenFile: AnyObject, Sendable {
    /// Its length in bytes.
    func size() -> Int
    /// Reads at an offset: fewer bytes than asked for where the file ends, or at the kernel's whim.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// Writes at an offset, perhaps only the first of the bytes.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int
    func truncate(to size: Int) -> Int
    /// Makes what was written durable, and the length with it.
    func sync() -> Int
}

/// What opening a file may do.
package enum OpenMode: Sendable {
    /// Reading; the file must be there.
    case read
    /// Reading and writing; the file must be there.
    case update
    /// Reading and writing; the file is made where there is none.
    case create
    /// The same, and what it held goes.
    case replace
}

/// An error number of the operating system.
package struct SystemError: Error, Equatable {
    package var number: Int32

    package init(_ number: Int32) { self.number = number }
}

extension FileSystem {
    /// Makes a folder where there is none, and makes its own entry durable.
    func ensureFolder(_ path: String) throws(StoreFailure) {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let slash = trimmed.lastIndex(of: "/")
        let parent = slash.map { $0 == trimmed.startIndex ? "/" : String(trimmed[..<$0]) } ?? "."
        if try !StoreFailure.check(makeFolder(path), "mkdir", path, unless: .exists) {
            // Whoever made it may have been killed before its entry was synced. The folder above need not be ours to open.
            _ = syncFolder(parent)
        } else {
            try sync(folder: parent)
        }
    }

    func sync(folder path: String) throws(StoreFailure) {
        try StoreFailure.check(syncFolder(path), "fsync", path)
    }

    /// Names in a folder, sorted.
    func sortedNames(in folder: String) throws(StoreFailure) -> [String] {
        switch names(in: folder) {
        case .success(let names): return names.sorted()
        case .failure(let error): throw .refused("opendir", folder, error)
        }
    }

    /// Deletes a file, if it is there.
    func remove(_ path: String) throws(StoreFailure) {
        try StoreFailure.check(unlink(path), "unlink", path, unless: .missing)
    }
}
