import Glibc

/// Why the ledger's files cannot be used, and what to do.
package enum StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process holds the folder.
    case locked(String)
    /// No space left, a quota used up, or a limit on file sizes reached: the node stops cleanly.
    case diskFull(String)
    /// The operating system refused a call on a file.
    case system(call: String, file: String, errno: Int32)
    /// Bytes before the tail do not hold; `height` is the block that they belong to, or the last one before them.
    case damaged(file: String, offset: Int, height: UInt64)
    /// The file ends before bytes that were synced: somebody cut it, or put an older one in its place. `height` is the
    /// last one that is still there.
    case cutOff(file: String, size: Int, synced: UInt64, height: UInt64)
    /// An earlier write failed; nothing is written after that.
    case poisoned
    /// No such block is held.
    case notFound(height: UInt64)
    /// Files that do not belong together: another ledger's, or another height's.
    case mismatch(String)

    package var description: String {
        switch self {
        case .locked(let folder): "\(folder) is in use by another process; stop it first"
        case .diskFull(let file):
            "the disk is full, or a limit on file sizes reached, while writing \(file); free space and start again"
        case .system(let call, let file, let number):
            "\(call) on \(file) failed: \(String(cString: strerror(number)))"
        case .damaged(let file, let offset, let height):
            "\(file) is damaged at byte \(offset), at block \(height); restore ledger/ from a backup or import a snapshot"
        case .cutOff(let file, let size, let synced, let height):
            "\(file) was cut off: \(synced) bytes of it were synced, \(size) are there; what came after block \(height) "
                + "is missing. Restore ledger/ from a backup or import a snapshot; if an older copy of it was put there on "
                + "purpose, remove \(file.hasSuffix("headers.log") ? "headers" : "blocks").mark beside it and start again"
        case .poisoned: "an earlier write to the ledger failed; restart the node"
        case .notFound(let height): "block \(height) is not held here"
        case .mismatch(let what): what
        }
    }

    /// The failure of a call on a file.
    static func refused(_ call: String, _ file: String, _ error: SystemError) -> StoreFailure {
        [ENOSPC, EDQUOT, EFBIG].contains(error.number)
            ? .diskFull(file) : .system(call: call, file: file, errno: error.number)
    }

    /// A call's answer, where it is a count.
    static func count(_ answer: Int, _ call: String, _ file: String) throws(StoreFailure) -> Int {
        guard answer >= 0 else { throw .refused(call, file, SystemError(Int32(-answer))) }
        return answer
    }

    /// What a call may find done already.
    enum Done { case exists, missing }

    /// Throws a call's failure.
    /// - Returns: false where it found done already what it was to do.
    @discardableResult
    static func check(
        _ answer: Int, _ call: String, _ file: String, unless done: Done? = nil
    ) throws(StoreFailure) -> Bool {
        switch (answer, done) {
        case (-Int(EEXIST), .exists?), (-Int(ENOENT), .missing?): return false
        default:
            _ = try count(answer, call, file)
            return true
        }
    }
}
