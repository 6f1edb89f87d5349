import Glibc

/// Whole files and folders that are on the disk, under their name, once the call returns.
package enum DurableFile {
    /// Writes a file, over an older one of its name only when it is whole.
    package static func write(_ bytes: [UInt8], to path: String) throws(StoreFailure) {
        try Snapshot.writeWhole(bytes, to: path + ".part")
        try move(path + ".part", to: path)
    }

    /// Gives a file or a folder another name in the same folder.
    package static func move(_ path: String, to target: String) throws(StoreFailure) {
        let result = rename(path, target)
        try StoreFailure.check(result < 0 ? -Int(errno) : 0, "rename", path)
        let slash = target.lastIndex(of: "/")
        let parent = slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
        try SystemFileSystem().sync(folder: parent)
    }
}
