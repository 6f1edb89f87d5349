/// What a simulated disk does to those who use it.
///
/// Each is counted.
package enum DiskFault: String, CaseIterable, Comparable, Sendable {
    // Put in by the test, at the next call that it can hit or by odds.
    case readError, writeError, syncError
    /// Only the first bytes of a write are taken; the caller has to go on.
    case shortWrite
    /// Acknowledged and synced, but a sector of it is never there.
    case lostWrite
    /// Acknowledged and synced, but a sector of it lies where another one belongs, perhaps in another file.
    case misdirectedWrite
    /// The power fails before a call; everything after it is refused until ``SimulatedFileSystem/crash()``.
    case powerLoss
    // Put in at rest.
    case bitRot
    /// A sector is again what it was before its last change.
    case staleSector
    // By the budget of bytes.
    case full
    // What a crash does to files that were not synced: nothing or everything of it on the disk, its first part, sectors
    // in any order, and a length without data.
    case unsyncedLost, unsyncedKept, tornWrite, sectorsReordered, zerosAtEnd
    // What it does to folders that were not synced.
    case entryLost, unlinkUndone

    package static func < (left: DiskFault, right: DiskFault) -> Bool { left.rawValue < right.rawValue }
}
