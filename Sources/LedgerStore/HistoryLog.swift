package import Cryptography
package import StateTree
import Synchronization

/// What leads back from newer states to older ones (D4): an append-only log of ``HistoryRecord``s, one for each block
/// that changed the state, in segments within a budget of the disk.
///
/// It is rebuildable data. Nothing waits for its sync but checkpoints, a torn tail is cut off, what is above the
/// checkpoint is made again by replay, and where it is damaged or does not continue, that place and everything older goes,
/// with a finding for the operator. Nothing read from it is believed: a state is served only if it hashes to a header.
///
/// One thread appends; any may read.
package final class HistoryLog: Sendable {
    /// Disk for old states: the default of D4, some 20 million changed keys.
    package static let budgetBytesDefault = 4 << 30
    /// A segment is what the budget, or damage, takes away at a time.
    static let segmentBytesMax = 16 << 20
    /// Segments that a budget is cut into, so that what it takes away at a time is a small part.
    static let segmentsMin = 16
    /// What one look-up may walk over: all of the default budget.
    ///
    /// At worst, in blocks of ten changed keys, that is some six seconds of one core (`history.look-up` walks 660 MB/s); of
    /// larger blocks most is passed over.
    package static let walkBytesMax = 4 << 30
    static let kind: UInt32 = 5

    struct Segment: Sendable {
        let path: String
        let file: RawFile
        /// The height after the record before it: it leads back to the state before that height and to all later ones.
        let first: UInt64
        var byteCount: Int
        var isSynced: Bool
    }

    private struct State: Sendable {
        var segments: [Segment] = []
        /// The newest record: its height, and the app hash after it.
        var newest: (height: UInt64, after: Digest)?
        /// The height whose state it was opened with; nil once it was lost, since changes may have been missed then.
        var begin: UInt64?

        mutating func lose() {
            newest = nil
            begin = nil
        }
        var needsFolderSync = false
    }

    private let folder: String
    private let budgetBytes: Int
    private let segmentBytes: Int
    private let files: any FileSystem
    private let state: Mutex<State>
    /// What opening found, for the operator.
    package let findings: [String]

    /// Opens a folder's history up to the state after a block, or begins one.
    ///
    /// Records above that height are dropped, and everything where the newest one left does not lead to that state.
    /// `height` and `appHash` are those of the state that the node begins with. A budget of 0 keeps nothing. Damage costs
    /// what it hits and everything older, and is told in ``findings``; only a failure of the disk itself is thrown.
    package init(
        folder: String, height: UInt64, appHash: Digest, budgetBytes: Int = budgetBytesDefault,
        on files: any FileSystem = SystemFileSystem()
    ) throws(StoreFailure) {
        self.folder = folder
        self.budgetBytes = max(0, budgetBytes)
        segmentBytes = min(Self.segmentBytesMax, max(1, budgetBytes / Self.segmentsMin))
        self.files = files
        try files.ensureFolder(folder)
        var findings: [String] = []
        var opened = try Self.segments(in: folder, on: files, findings: &findings)
        if budgetBytes <= 0 { try Self.delete(&opened, count: opened.count, on: files) }
        let newest = try Self.cut(&opened, above: height, on: files, findings: &findings)
        var state = State(segments: opened, newest: newest, begin: height)
        if let newest, newest.after != appHash {
            findings.append("it ends at block \(newest.height), which does not lead to the state of block \(height)")
            try Self.delete(&state.segments, count: state.segments.count, on: files)
            state.newest = nil
        }
        try Self.fit(&state, budgetBytes: budgetBytes, adding: 0, on: files)
        self.findings = findings
        self.state = Mutex(state)
    }

    /// The bytes that it takes of the disk.
    package var byteCount: Int { state.withLock { $0.segments.reduce(0) { $0 + $1.byteCount } } }

    /// The newest record's height.
    package var newestHeight: UInt64? { state.withLock { $0.newest?.height } }

    /// Adds what leads back from the state after a block; a block that changed nothing adds nothing.
    ///
    /// Not synced. Where it cannot be written, the whole history goes: it would have a hole.
    /// - Throws: a failure to write or to delete, `mismatch` where the states before did not continue the history.
    /// - Complexity: linear in the keys that the block changed.
    package func append(height: UInt64, _ undo: ForestUndo) throws(StoreFailure) {
        guard budgetBytes > 0, undo.before != undo.after else { return }
        let payload = HistoryRecord.encode(undo)
        let result = state.withLock { state -> Result<Void, StoreFailure> in
            do throws(StoreFailure) {
                if let newest = state.newest, newest.after != undo.before || newest.height >= height {
                    throw .mismatch("block \(height) does not continue the history of states")
                }
                guard payload.count <= min(FrameFile.payloadBytesMax, budgetBytes - FrameFile.headerBytes) else {
                    throw .mismatch("what leads back from block \(height) is more than the history may hold")
                }
                try write(payload, height: height, to: &state)
                state.newest = (height, undo.after)
                return .success(())
            } catch {
                try? Self.delete(&state.segments, count: state.segments.count, on: files)
                state.segments = []
                state.lose()
                return .failure(error)
            }
        }
        try result.get()
    }

    private func write(_ payload: [UInt8], height: UInt64, to state: inout State) throws(StoreFailure) {
        let byteCount = FrameFile.headerBytes + payload.count
        try Self.fit(&state, budgetBytes: budgetBytes, adding: byteCount, on: files)
        if state.segments.last.map({ $0.byteCount >= segmentBytes }) ?? true {
            let first = (state.newest?.height ?? state.begin).map { $0 + 1 } ?? height
            let path = folder + "/" + Self.name(first)
            let file = try RawFile(path, .replace, on: files)
            state.segments.append(Segment(path: path, file: file, first: first, byteCount: 0, isSynced: false))
            state.needsFolderSync = true
        }
        let index = state.segments.count - 1
        let offset = state.segments[index].byteCount
        var bytes: [UInt8] = []
        FrameFile.encode(
            .init(kind: Self.kind, height: height, durable: 0, offset: offset, payloadCount: payload.count),
            payload: payload, into: &bytes)
        try state.segments[index].file.write(bytes, at: offset)
        state.segments[index].byteCount += byteCount
        state.segments[index].isSynced = false
    }

    /// Makes durable what was appended: before a checkpoint, from which replay will go on.
    ///
    /// Where it cannot, the whole history goes.
    package func sync() throws(StoreFailure) {
        let (segments, needsFolderSync) = state.withLock { state in
            defer { state.needsFolderSync = false }
            let unsynced = state.segments.filter { !$0.isSynced }
            for index in state.segments.indices { state.segments[index].isSynced = true }
            return (unsynced, state.needsFolderSync)
        }
        do {
            for segment in segments { try segment.file.sync() }
            if needsFolderSync { try files.sync(folder: folder) }
        } catch {
            state.withLock { state in
                try? Self.delete(&state.segments, count: state.segments.count, on: files)
                state.segments = []
                state.lose()
            }
            throw error
        }
    }

    // MARK: What is covered

    /// The lowest height whose state can be reached from that of a held one; the held one's own where nothing older can.
    package func reach(from height: UInt64) -> UInt64 {
        state.withLock { state in
            var lowest = height
            var walked = 0
            for segment in state.segments.reversed() where segment.first <= height {
                walked += segment.byteCount
                guard walked <= Self.walkBytesMax else { break }
                lowest = segment.first - 1
            }
            return lowest
        }
    }

    /// The segments that hold the records above one height and not above another, oldest first.
    func segments(above low: UInt64, upTo high: UInt64) -> [Segment] {
        state.withLock { state in
            let start = state.segments.lastIndex { $0.first <= low + 1 } ?? 0
            return state.segments[start...].filter { $0.first <= high }
        }
    }

    /// Drops a damaged segment and all older ones.
    func drop(upTo first: UInt64) throws(StoreFailure) {
        let result = state.withLock { state -> Result<Void, StoreFailure> in
            let count = state.segments.prefix { $0.first <= first }.count
            if count == state.segments.count { state.lose() }
            return Result { () throws(StoreFailure) in try Self.delete(&state.segments, count: count, on: files) }
        }
        try result.get()
    }

    // MARK: Files

    private static func name(_ first: UInt64) -> String {
        let hex = String(first, radix: 16)
        return "history-" + String(repeating: "0", count: 16 - hex.count) + hex + ".log"
    }

    private static func segments(
        in folder: String, on files: any FileSystem, findings: inout [String]
    ) throws(StoreFailure) -> [Segment] {
        var segments: [Segment] = []
        for name in try files.sortedNames(in: folder) {
            guard let first = UInt64(name.dropFirst(8).dropLast(4), radix: 16), first > 0, self.name(first) == name
            else {
                findings.append("\(name) is no segment of it and is left alone")
                continue
            }
            let path = folder + "/" + name
            let file = try RawFile(path, .update, on: files)
            segments.append(Segment(path: path, file: file, first: first, byteCount: try file.size(), isSynced: true))
        }
        return segments
    }

    /// Cuts off a torn tail and the records above a height.
    /// - Returns: the newest record left.
    private static func cut(
        _ segments: inout [Segment], above height: UInt64, on files: any FileSystem, findings: inout [String]
    ) throws(StoreFailure) -> (height: UInt64, after: Digest)? {
        while let last = segments.last {
            var newest: FrameFile.Frame?
            var end = 0
            var isEmpty = true
            if last.first <= height {
                let opened: (file: FrameFile, tornBytes: Int)
                do {
                    opened = try FrameFile.open(last.path, isLast: true, lastHeight: last.first - 1, on: files) {
                        frame in
                        isEmpty = false
                        guard frame.height <= height, frame.offset == end else { return }
                        newest = frame
                        end = frame.end
                    }
                } catch StoreFailure.damaged {
                    findings.append("\(last.path) is damaged and is deleted with all older ones")
                    try delete(&segments, count: segments.count, on: files)
                    return nil
                }
                let (file, torn) = opened
                if torn > 0 { findings.append("a torn tail of \(torn) bytes was cut off") }
                if let newest,
                    let head = HistoryHead(try file.payload(of: newest)[...], payloadCount: newest.payloadCount)
                {
                    if end < file.end { try file.file.truncate(to: end) }
                    segments[segments.count - 1] = Segment(
                        path: last.path, file: file.file, first: last.first, byteCount: end, isSynced: false)
                    return (newest.height, head.after)
                }
                if isEmpty { findings.append("\(last.path) holds no record and is deleted") }
            }
            try files.remove(last.path)
            segments.removeLast()
        }
        return nil
    }

    /// Deletes the oldest segments until there is room.
    private static func fit(
        _ state: inout State, budgetBytes: Int, adding: Int, on files: any FileSystem
    ) throws(StoreFailure) {
        var byteCount = state.segments.reduce(0) { $0 + $1.byteCount } + adding
        var count = 0
        while count < state.segments.count, byteCount > budgetBytes {
            byteCount -= state.segments[count].byteCount
            count += 1
        }
        try delete(&state.segments, count: count, on: files)
    }

    private static func delete(
        _ segments: inout [Segment], count: Int, on files: any FileSystem
    ) throws(StoreFailure) {
        // Oldest first: after a crash in between, what is left still hangs together.
        for segment in segments.prefix(count) {
            try files.remove(segment.path)
        }
        segments.removeFirst(count)
    }
}
