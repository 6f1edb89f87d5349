import Glibc

/// The file of an address book: read in whole, replaced in whole.
///
/// It is a convenience: without it a node begins with its configured peers.
struct AddressBookFile: Sendable {
    let path: String

    /// Longer files are none of ours: 1,024 entries have some 300 bytes each.
    private static let byteCountMax = 1 << 20

    /// The content, or nil where there is none to be read.
    func read() -> [UInt8]? {
        guard let file = unsafe fopen(path, "re") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.byteCountMax + 1)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return count <= Self.byteCountMax ? Array(bytes[..<count]) : nil
    }

    /// Replaces the file; false where that fails, and the old one stays.
    func write(_ bytes: [UInt8]) -> Bool {
        let draft = path + ".new"
        guard let file = unsafe fopen(draft, "we") else { return false }
        let isWritten =
            unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0 && fsync(fileno(file)) == 0
        guard unsafe fclose(file) == 0, isWritten, unsafe rename(draft, path) == 0 else {
            unsafe _ = unlink(draft)
            return false
        }
        return true
    }
}
