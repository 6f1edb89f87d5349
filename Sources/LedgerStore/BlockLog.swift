import Codec

/// The append-only log of votes, locked proposals, rounds' certificates and decided blocks (D17), in segments.
///
/// Writing is two calls: ``append(_:)`` queues, ``sync()`` makes everything queued durable with one `fdatasync`. A vote
/// and the block that it locks are queued together, so they are on the disk before the vote is sent. One writer; reading
/// is the writer's too (the node serves old blocks through it). After each sync ``BlockMark`` notes how far it came, so
/// that opening can tell a torn tail from a damaged or missing one.
///
/// Opening checks every byte of the first and of the last two segments, and the frames' headers of those between: their
/// blocks must follow each other, and are checked when they are read. A segment begins with the newest vote once more,
/// so that it always stands where every byte is checked, and stays when older segments are pruned.
///
/// Blocks of old segments may have lost a part, from the oldest on (``stripping(below:)``): their frames say so, and
/// nobody is given such a block who does not ask for it.
package final class BlockLog {
    /// What one frame holds.
    package enum Record: Sendable {
        /// Sign state after a vote of our own: opaque bytes.
        case vote(height: UInt64, bytes: [UInt8])
        /// The block that a vote locks.
        case lockedProposal(height: UInt64, bytes: [UInt8])
        /// Why a round was entered: opaque bytes.
        case roundCertificate(height: UInt64, bytes: [UInt8])
        /// A decided block with its commit.
        case decidedBlock(height: UInt64, block: [UInt8], commit: [UInt8])

        var kind: UInt32 {
            switch self {
            case .vote: 1
            case .lockedProposal: 2
            case .decidedBlock: 3
            case .roundCertificate: 4
            }
        }
        var height: UInt64 {
            switch self {
            case .vote(let height, _), .lockedProposal(let height, _), .roundCertificate(let height, _),
                .decidedBlock(let height, _, _):
                height
            }
        }
        var payload: [UInt8] {
            switch self {
            case .vote(_, let bytes), .lockedProposal(_, let bytes), .roundCertificate(_, let bytes): return bytes
            case .decidedBlock(_, let block, let commit):
                var writer = ByteWriter(capacity: block.count + commit.count + 8)
                writer.part(block)
                writer.part(commit)
                return writer.bytes
            }
        }
    }

    /// What opening found.
    package struct Report: Equatable, Sendable {
        /// Bytes of a torn tail that were cut off: 0 after a clean stop.
        package var tornBytes = 0
        package var segmentCount = 0
        /// Whether a mark told how much was synced; without one the very last batch cannot be told from a torn tail.
        package var hasMark = false
    }

    /// The kind of a frame with a decided block that lost a part of it.
    static let strippedKind: UInt32 = 5
    /// A segment is closed when it reaches this size: what pruning deletes at a time.
    package static let segmentBytesDefault = 64 << 20

    private struct Segment {
        var path: String
        var file: FrameFile
        var firstHeight: UInt64
        var lastHeight: UInt64
    }

    private let folder: String
    private let segmentBytes: Int
    private let files: any FileSystem
    private var segments: [Segment] = []
    /// Decided blocks by height: segment's first height and frame.
    private var blocks: [UInt64: (segment: UInt64, frame: FrameFile.Frame)] = [:]
    private var isPoisoned = false
    private let mark: BlockMarkFile
    package private(set) var report = Report()
    /// The newest vote of our own, and the proposal locked after the last decided block.
    package private(set) var lastVote: [UInt8]?
    private var lastVoteHeight: UInt64 = 0
    private var votes: [(height: UInt64, bytes: [UInt8])] = []
    /// Every vote of our own above the last decided block, in order: others may need each of them again.
    package var openVotes: [[UInt8]] { votes.map(\.bytes) }
    /// The votes that another log of the same key must know: the open ones, or else the newest.
    package var carriedVotes: [(height: UInt64, bytes: [UInt8])] {
        guard votes.isEmpty else { return votes }
        return lastVote.map { [(lastVoteHeight, $0)] } ?? []
    }
    package private(set) var lastLocked: (height: UInt64, bytes: [UInt8])?
    /// The last certificate of a round after the last decided block.
    package private(set) var lastCertificate: (height: UInt64, bytes: [UInt8])?
    package private(set) var firstHeight: UInt64?
    package private(set) var lastHeight: UInt64?
    /// The last block that lost a part; 0 where none did.
    private var strippedThrough: UInt64 = 0
    /// The first block that is whole, as are all after it; nil where none is.
    package var firstWholeHeight: UInt64? {
        guard let firstHeight, let lastHeight, strippedThrough < lastHeight else { return nil }
        return max(firstHeight, strippedThrough + 1)
    }

    /// Opens a folder's log, or begins one.
    package init(
        folder: String, segmentBytes: Int = segmentBytesDefault, on files: any FileSystem = SystemFileSystem()
    ) throws(StoreFailure) {
        self.folder = folder
        self.files = files
        self.segmentBytes = segmentBytes
        try files.ensureFolder(folder)
        let all = try files.sortedNames(in: folder).filter { $0.hasPrefix("blocks-") }
        let names = all.filter { $0.hasSuffix(".log") }
        mark = try BlockMarkFile(folder + "/blocks.mark", on: files)
        let synced = try mark.read()
        report.hasMark = synced != nil
        // A segment that was begun just before a crash may be empty: the newest vote then stands in the one before.
        var vote: (segment: Int, frame: FrameFile.Frame)?
        var open: [(segment: Int, frame: FrameFile.Frame)] = []
        var locked: (segment: Int, frame: FrameFile.Frame)?
        var certificate: (segment: Int, frame: FrameFile.Frame)?
        var hasWhole = false
        var firsts: [UInt64] = []
        for name in names {
            guard let first = UInt64(name.dropFirst(7).dropLast(4), radix: 16), first > 0 else {
                throw .mismatch("\(folder)/\(name) is no segment of the block log; move it away")
            }
            firsts.append(first)
        }
        // Pruned segments are the oldest: any other that the mark names must be there. A log that is refused for this is
        // left as it is, its torn tail included.
        if let synced, synced.end > 0, firsts.first.map({ $0 < synced.segment }) ?? true,
            !firsts.contains(synced.segment)
        {
            throw .cutOff(
                file: Self.path(folder, synced.segment), size: 0, synced: synced.end,
                height: max(synced.segment, 1) - 1)
        }
        for (index, name) in names.enumerated() {
            let first = firsts[index]
            let path = folder + "/" + name
            var last = first
            var found: [(UInt64, FrameFile.Frame)] = []
            let isLast = index == names.count - 1
            let (file, torn) = try FrameFile.open(
                path, isLast: isLast, isChecked: index == 0 || index + 2 >= names.count,
                lastHeight: lastHeight ?? first - 1,
                syncedEnd: synced.map { $0.segment == first ? $0.end : 0 } ?? 0, on: files
            ) { frame throws(StoreFailure) in
                let before = found.last?.0 ?? lastHeight
                let due = (before ?? first - 1) &+ 1
                // Every height of a segment lies below the next one's first. A header that says otherwise is damaged,
                // checked or not, and its own height is not the one to report.
                guard isLast || frame.height < firsts[index + 1] else {
                    throw .damaged(file: path, offset: frame.offset, height: due)
                }
                last = max(last, frame.height)
                switch frame.kind {
                case 1:
                    vote = (index, frame)
                    open.append((index, frame))
                case 2: locked = (index, frame)
                case 4: certificate = (index, frame)
                case 3, Self.strippedKind:
                    // Behind a whole block none has lost anything.
                    guard before.map({ $0 < .max && frame.height == $0 + 1 }) ?? true,
                        frame.kind == 3 || !hasWhole
                    else {
                        throw .damaged(file: path, offset: frame.offset, height: due)
                    }
                    hasWhole = frame.kind == 3
                    found.append((frame.height, frame))
                    open.removeAll { $0.frame.height <= frame.height }
                default: throw .damaged(file: path, offset: frame.offset, height: frame.height)
                }
            }
            for (height, frame) in found {
                firstHeight = firstHeight ?? height
                lastHeight = height
                blocks[height] = (first, frame)
                if frame.kind == Self.strippedKind { strippedThrough = height }
            }
            segments.append(Segment(path: path, file: file, firstHeight: first, lastHeight: last))
            report.tornBytes += torn
        }
        report.segmentCount = segments.count
        for name in all where name.hasSuffix(SegmentStripping.suffix) { try files.remove(folder + "/" + name) }
        // A process that was killed may have made files whose entries were never synced.
        try segments.last?.file.settle()
        try files.sync(folder: folder)
        noteSynced()
        if let vote {
            lastVote = try segments[vote.segment].file.payload(of: vote.frame)
            lastVoteHeight = vote.frame.height
        }
        for (segment, frame) in open {
            votes.append((frame.height, try segments[segment].file.payload(of: frame)))
        }
        if let last = segments.last, last.file.end == 0 { carryVote(into: last.file) }
        if let locked, locked.frame.height > lastHeight ?? 0 {
            lastLocked = (locked.frame.height, try segments[locked.segment].file.payload(of: locked.frame))
        }
        if let certificate, certificate.frame.height > lastHeight ?? 0 {
            lastCertificate = (
                certificate.frame.height, try segments[certificate.segment].file.payload(of: certificate.frame)
            )
        }
    }

    /// Queues records.
    package func append(_ records: [Record]) throws(StoreFailure) {
        guard !isPoisoned else { throw .poisoned }
        for record in records {
            try rollOver(for: record)
            let index = segments.count - 1
            let frame = segments[index].file.append(
                kind: record.kind, height: record.height, payload: record.payload)
            segments[index].lastHeight = max(segments[index].lastHeight, record.height)
            switch record {
            case .vote(let height, let bytes):
                (lastVote, lastVoteHeight) = (bytes, height)
                votes.append((height, bytes))
            case .lockedProposal(let height, let bytes): lastLocked = (height, bytes)
            case .roundCertificate(let height, let bytes): lastCertificate = (height, bytes)
            case .decidedBlock(let height, _, _):
                precondition(lastHeight == nil || height == lastHeight! + 1, "blocks are decided in order")
                blocks[height] = (segments[index].firstHeight, frame)
                firstHeight = firstHeight ?? height
                lastHeight = height
                lastLocked = nil
                lastCertificate = nil
                votes.removeAll { $0.height <= height }
            }
        }
    }

    /// Makes everything queued durable.
    ///
    /// An error poisons the log (D17).
    package func sync() throws(StoreFailure) {
        guard !isPoisoned else { throw .poisoned }
        guard let segment = segments.last else { return }
        do {
            try segment.file.flush()
        } catch {
            isPoisoned = true
            throw error
        }
        noteSynced()
    }

    private func noteSynced() {
        guard let last = segments.last else { return }
        mark.note(segment: last.firstHeight, end: last.file.end)
    }

    /// A decided block and its commit.
    ///
    /// `orStripped`: whether a block that lost a part will do, as for its header.
    package func block(
        _ height: UInt64, orStripped: Bool = false
    ) throws(StoreFailure) -> (block: [UInt8], commit: [UInt8]) {
        guard !isPoisoned else { throw .poisoned }
        guard let place = blocks[height], orStripped || place.frame.kind != Self.strippedKind,
            let segment = segments.first(where: { $0.firstHeight == place.segment })
        else { throw .notFound(height: height) }
        do {
            return try Self.parts(of: place.frame, in: segment.file)
        } catch {
            // Reading what is still queued writes it first: a failure there is a failure to write.
            if segment.file.hasQueued { isPoisoned = true }
            throw error
        }
    }

    /// Block and commit of a frame.
    static func parts(
        of frame: FrameFile.Frame, in file: FrameFile
    ) throws(StoreFailure) -> (block: [UInt8], commit: [UInt8]) {
        var reader = ByteReader(try file.payload(of: frame))
        guard let block = try? reader.part(), let commit = try? reader.part(), (try? reader.finish()) != nil else {
            throw .damaged(file: file.file.path, offset: frame.offset, height: frame.height)
        }
        return (block, commit)
    }

    /// Deletes whole segments of blocks below a height.
    ///
    /// The last segment always stays.
    package func prune(below height: UInt64) throws(StoreFailure) {
        while segments.count > 1, segments[1].firstHeight <= height, segments[0].lastHeight < height {
            // What follows must be on the disk before what it follows goes. So must the mark: what follows may be a
            // single batch, with the newest vote in it, and damage to it would pass for a torn tail.
            try sync()
            let (segment, last) = (segments[0], segments[segments.count - 1])
            try mark.write(segment: last.firstHeight, end: last.file.end, isSynced: true)
            try files.remove(segment.path)
            // One at a time: of several entries a crash may keep any, and a gap is damage.
            try files.sync(folder: folder)
            segments.removeFirst()
            for height in segment.firstHeight...segment.lastHeight
            where blocks[height]?.segment == segment.firstHeight { blocks[height] = nil }
            firstHeight =
                blocks.isEmpty
                ? nil
                : segments.first.flatMap { first in
                    (first.firstHeight...first.lastHeight).first { blocks[$0] != nil }
                }
        }
    }

    /// The oldest segment wholly below a height that has whole blocks, to be written anew without a part of them.
    ///
    /// The last segment never is.
    package func stripping(below height: UInt64) -> SegmentStripping? {
        for segment in segments.dropLast() where segment.lastHeight > strippedThrough {
            guard segment.lastHeight < height else { return nil }
            let frames = (segment.firstHeight...segment.lastHeight).compactMap { height in
                blocks[height].flatMap { $0.segment == segment.firstHeight ? $0.frame : nil }
            }
            guard frames.last.map({ $0.kind != Self.strippedKind }) ?? false else { continue }
            return SegmentStripping(
                firstHeight: segment.firstHeight, file: segment.file.file, end: segment.file.end, frames: frames,
                files: files)
        }
        return nil
    }

    /// Puts a segment that was written anew in the place of the old one.
    ///
    /// A crash leaves one or the other under the name, each whole. Where the segment was pruned meanwhile the new file is
    /// removed.
    package func replace(_ written: SegmentStripping.Written) throws(StoreFailure) {
        guard let index = segments.dropLast().firstIndex(where: { $0.firstHeight == written.firstHeight }) else {
            return try files.remove(written.path)
        }
        // The mark on the disk may be of when this segment was the last one, and longer than it will be.
        try sync()
        let (segment, last) = (segments[index], segments[segments.count - 1])
        try mark.write(segment: last.firstHeight, end: last.file.end, isSynced: true)
        try StoreFailure.check(files.rename(written.path, to: segment.path), "rename", segment.path)
        // Until here the old file is read, whatever its name.
        segments[index].file = FrameFile(closed: try RawFile(segment.path, .read, on: files), end: written.end)
        for frame in written.frames { blocks[frame.height] = (segment.firstHeight, frame) }
        strippedThrough = max(strippedThrough, written.frames.last?.height ?? 0)
        try files.sync(folder: folder)
    }

    /// The file of the segment that begins with a height.
    private static func path(_ folder: String, _ height: UInt64) -> String {
        let hex = String(height, radix: 16)
        return folder + "/blocks-" + String(repeating: "0", count: 16 - hex.count) + hex + ".log"
    }

    /// Begins a segment with the newest vote.
    private func carryVote(into file: FrameFile) {
        if let lastVote { _ = file.append(kind: 1, height: lastVoteHeight, payload: lastVote) }
    }

    /// Begins a new segment where there is none, or the last is full and a height begins.
    private func rollOver(for record: Record) throws(StoreFailure) {
        if let last = segments.last {
            guard last.file.end >= segmentBytes, record.height > last.lastHeight else { return }
            try sync()
        }
        let path = Self.path(folder, record.height)
        do {
            let (file, _) = try FrameFile.open(path, isLast: true, lastHeight: record.height, on: files) { _ in }
            try files.sync(folder: folder)
            segments.append(
                Segment(path: path, file: file, firstHeight: record.height, lastHeight: record.height))
            carryVote(into: file)
        } catch {
            isPoisoned = true
            throw error
        }
    }
}
