import Codec

/// Headers that pruning never takes (D4): the first and the last height of every validator set, with commit and set, so
/// that a trusted set of any age still leads to the newest header.
///
/// Which ones, the caller tells; what is kept is opaque.
///
/// The file is a `FrameFile`: kind 4, the header's height, its bytes. It is small, so all of it is checked at opening.
/// ``BlockMark`` beside it, synced too since headers are few, tells a torn tail from damage to the last one.
package final class HeaderLog {
    private let file: FrameFile
    private let mark: BlockMarkFile
    private var frames: [UInt64: FrameFile.Frame] = [:]
    private var isPoisoned = false
    /// Kept heights, rising.
    package private(set) var heights: [UInt64] = []
    /// Bytes of a torn tail that opening cut off.
    package let tornBytes: Int

    package init(folder: String, on files: any FileSystem = SystemFileSystem()) throws(StoreFailure) {
        let path = folder + "/headers.log"
        try files.ensureFolder(folder)
        mark = try BlockMarkFile(folder + "/headers.mark", on: files)
        var found: [FrameFile.Frame] = []
        (file, tornBytes) = try FrameFile.open(
            path, isLast: true, lastHeight: 0, syncedEnd: try mark.read()?.end ?? 0, on: files
        ) { frame throws(StoreFailure) in
            guard frame.kind == 4 else { throw .damaged(file: path, offset: frame.offset, height: frame.height) }
            found.append(frame)
        }
        try file.settle()
        try files.sync(folder: folder)
        mark.note(segment: 0, end: file.end, isSynced: true)
        for frame in found { frames[frame.height] = frame }
        heights = frames.keys.sorted()
    }

    /// Keeps a header durably, before the blocks that hold it are pruned.
    ///
    /// A height that is kept already is left alone.
    package func keep(_ height: UInt64, _ bytes: [UInt8]) throws(StoreFailure) {
        guard !isPoisoned else { throw .poisoned }
        guard frames[height] == nil else { return }
        let frame = file.append(kind: 4, height: height, payload: bytes)
        do {
            try file.flush()
        } catch {
            isPoisoned = true
            throw error
        }
        mark.note(segment: 0, end: file.end, isSynced: true)
        frames[height] = frame
        heights.insert(height, at: heights.firstIndex { $0 > height } ?? heights.endIndex)
    }

    package func holds(_ height: UInt64) -> Bool { frames[height] != nil }

    package func header(_ height: UInt64) throws(StoreFailure) -> [UInt8]? {
        guard let frame = frames[height] else { return nil }
        return try file.payload(of: frame)
    }
}
