package import Cryptography
package import StateTree

/// Looking up states that only the history leads back to.
///
/// A walk goes over the records above the asked height, oldest first, and takes the first word on everything: the first
/// record after a height that names a root, a mark or a key says what it was at that height.
extension HistoryLog {
    /// Bytes read at a time.
    private static let chunkBytes = 128 << 10

    /// The state after a block as far as a key's proof needs it, from a held later one.
    ///
    /// `appHash` is that of the header after the block: nothing else is returned.
    /// - Throws: `notFound` where the history does not reach back so far; `damaged`, after the damaged segment and all
    ///   older ones were dropped.
    /// - Complexity: one walk; two more at most where the key is absent and a neighbour lies in another shard.
    package func past(
        _ height: UInt64, appHash: Digest, from later: StoreForest, at laterHeight: UInt64, store: Int, key: [UInt8]
    ) throws(StoreFailure) -> PastForest {
        guard reach(from: laterHeight) <= height else { throw .notFound(height: height) }
        var found = Found(store: store, shard: StoreShard.index(ofKey: key))
        try collect(&found, above: height, upTo: laterHeight, after: later.appHash)
        var past = PastForest(later: later, earlier: found.roots)
        guard past.appHash == appHash else { throw try lost(above: height) }
        try take(found, into: &past, height: height, from: later)
        try load(store, key: key, into: &past, height: height, from: later, at: laterHeight)
        return past
    }

    /// Adds what another key's proof needs, from any held later state.
    /// - Throws: as ``past(_:appHash:from:at:store:key:)``.
    /// - Complexity: at most three walks.
    package func load(
        _ store: Int, key: [UInt8], into past: inout PastForest, height: UInt64, from later: StoreForest,
        at laterHeight: UInt64
    ) throws(StoreFailure) {
        guard reach(from: laterHeight) <= height else { throw .notFound(height: height) }
        while true {
            let shard = past.isOpen(store) ? past.missingShard(store, key: key) : StoreShard.index(ofKey: key)
            guard let shard else { return }
            var found = Found(store: store, shard: shard)
            try collect(&found, above: height, upTo: laterHeight, after: later.appHash)
            try take(found, into: &past, height: height, from: later)
        }
    }

    /// What one walk looks for and finds.
    private struct Found {
        let store: Int
        let shard: Int
        var roots: [Int: Digest] = [:]
        var marks: [Int: SubtreeMark] = [:]
        var rows: [[UInt8]: [UInt8]?] = [:]
    }

    private func take(
        _ found: Found, into past: inout PastForest, height: UInt64, from later: StoreForest
    ) throws(StoreFailure) {
        guard past.isOpen(found.store) || past.open(found.store, later: later, earlier: found.marks),
            past.load(
                found.store, shard: found.shard, later: later,
                rows: found.rows.map { ForestUndo.Row(key: $0.key, value: $0.value) })
        else { throw try lost(above: height) }
    }

    private func collect(
        _ found: inout Found, above low: UInt64, upTo high: UInt64, after appHash: Digest
    ) throws(StoreFailure) {
        try walk(above: low, upTo: high, after: appHash, only: found.store) { head, scan throws(StoreFailure) in
            for store in head.stores {
                if found.roots[store.index] == nil { found.roots[store.index] = store.root }
                for shard in store.shards {
                    if found.marks[shard.index] == nil { found.marks[shard.index] = shard.before }
                    guard shard.index == found.shard else { continue }
                    guard let rows = HistoryRecord.rows(try scan.payload(shard.rows)) else { return false }
                    for row in rows where found.rows[row.key] == nil {
                        found.rows.updateValue(row.value, forKey: row.key)
                    }
                }
            }
            return true
        }
    }

    /// Goes over the records above one height and not above another, oldest first.
    ///
    /// `visit` gets a record's head and the scan that stands at it; false means that the record does not hold.
    private func walk(
        above low: UInt64, upTo high: UInt64, after appHash: Digest, only store: Int,
        _ visit: (HistoryHead, SegmentScan) throws(StoreFailure) -> Bool
    ) throws(StoreFailure) {
        var previous: Digest?
        var lastHeight = low
        for segment in segments(above: low, upTo: high) {
            let scan = SegmentScan(segment, chunkBytes: Self.chunkBytes)
            while let frame = try scan.next() {
                if frame.height <= low { continue }
                if frame.height > high { break }
                guard frame.kind == Self.kind, frame.height > lastHeight, let head = try scan.head(only: store) else {
                    throw try lost(segment, at: frame.offset, height: frame.height)
                }
                if let previous, head.before != previous {
                    // Between segments the older one is at fault, or one is missing, unless this one is damaged itself.
                    let isWhole = frame.offset == 0 ? try SegmentScan.damage(in: segment) == nil : false
                    throw try lost(segment, at: frame.offset, height: frame.height, isWhole: isWhole)
                }
                guard try visit(head, scan) else { throw try lost(segment, at: frame.offset, height: frame.height) }
                previous = head.after
                lastHeight = frame.height
            }
            if scan.isDamaged { throw try lost(segment, at: scan.offset, height: lastHeight) }
        }
        // What was walked must lead to the held state; no record at all means that nothing changed in between.
        if let previous, previous != appHash { throw try lost(above: low) }
    }

    private func lost(
        _ segment: Segment, at offset: Int, height: UInt64, isWhole: Bool = false
    ) throws(StoreFailure) -> StoreFailure {
        try drop(upTo: isWhole ? segment.first - 1 : segment.first)
        return .damaged(file: segment.path, offset: offset, height: height)
    }

    /// What was read does not hash to what it should: the segment whose check sums do not hold is dropped, or else the
    /// oldest that was read.
    private func lost(above height: UInt64) throws(StoreFailure) -> StoreFailure {
        let segments = segments(above: height, upTo: .max)
        for segment in segments.reversed() {
            if let offset = try SegmentScan.damage(in: segment) { return try lost(segment, at: offset, height: height) }
        }
        guard let oldest = segments.first else {
            return .damaged(file: "history", offset: 0, height: height)
        }
        return try lost(oldest, at: 0, height: height)
    }
}

/// Reads one segment from its beginning, as little of it as is asked for.
private final class SegmentScan {
    private let segment: HistoryLog.Segment
    private let chunkBytes: Int
    private var buffer: [UInt8] = []
    /// Where the buffer stands in the file.
    private var start = 0
    private var frame: FrameFile.Frame?
    private(set) var offset = 0
    private(set) var isDamaged = false

    init(_ segment: HistoryLog.Segment, chunkBytes: Int) {
        self.segment = segment
        self.chunkBytes = chunkBytes
    }

    /// The next frame's header; nil at the end, or where the bytes are no frame.
    func next() throws(StoreFailure) -> FrameFile.Frame? {
        if let frame { offset = frame.end }
        guard offset < segment.byteCount else { return nil }
        let header = try bytes(at: offset, count: FrameFile.headerBytes)
        frame = FrameFile.frame(header: header, at: offset)
        if frame.map({ $0.end > segment.byteCount }) ?? true {
            isDamaged = true
            return nil
        }
        return frame
    }

    func head(only store: Int) throws(StoreFailure) -> HistoryHead? {
        guard let frame else { return nil }
        let prefix = try payload(0..<min(HistoryRecord.prefixBytes, frame.payloadCount))
        guard let count = HistoryHead.byteCount(prefix, payloadCount: frame.payloadCount) else { return nil }
        return HistoryHead(try payload(0..<count), payloadCount: frame.payloadCount, only: store)
    }

    /// A part of the current frame's payload.
    func payload(_ range: Range<Int>) throws(StoreFailure) -> ArraySlice<UInt8> {
        try bytes(at: offset + FrameFile.headerBytes + range.lowerBound, count: range.count)
    }

    private func bytes(at place: Int, count: Int) throws(StoreFailure) -> ArraySlice<UInt8> {
        if place < start || place + count > start + buffer.count {
            let wanted = min(max(count, chunkBytes), segment.byteCount - place)
            try segment.file.read(at: place, count: max(0, wanted), into: &buffer)
            start = place
        }
        return buffer[place - start..<min(buffer.count, place - start + count)]
    }

    /// Where the first frame stands whose check sum does not hold, or nil.
    static func damage(in segment: HistoryLog.Segment) throws(StoreFailure) -> Int? {
        var offset = 0
        while offset < segment.byteCount {
            let header = try segment.file.read(at: offset, count: FrameFile.headerBytes)
            guard let frame = FrameFile.frame(header: header[...], at: offset), frame.end <= segment.byteCount else {
                return offset
            }
            let payload = try segment.file.read(at: offset + FrameFile.headerBytes, count: frame.payloadCount)
            guard CRC32C.checksum([Array(header[..<28]), payload]) == header[28...].reduce(0, { $0 << 8 | UInt32($1) })
            else { return offset }
            offset = frame.end
        }
        return nil
    }
}
