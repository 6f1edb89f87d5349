import Codec

/// A closed segment of the block log that is written anew with a part of each block taken off.
///
/// The log names it (``BlockLog/stripping(below:)``) and puts what was written in its place (``BlockLog/replace(_:)``);
/// in between ``write(strip:)`` touches nothing of the log's, so that it may run beside it. The new file has the decided
/// blocks alone: votes and proposals of decided heights say nothing any more, and a proposal holds its block whole.
package struct SegmentStripping: Sendable {
    /// The new file, durable but for its name.
    package struct Written: Sendable {
        let firstHeight: UInt64
        let path: String
        let frames: [FrameFile.Frame]
        let end: Int
    }

    /// Ends the name of a file that is not in its place yet; opening the log removes it.
    static let suffix = ".part"
    /// Queued before it is written.
    private static let chunkBytes = 1 << 20

    let firstHeight: UInt64
    let file: RawFile
    let end: Int
    /// Its decided blocks, in order.
    let frames: [FrameFile.Frame]
    let files: any FileSystem

    /// Writes the file.
    /// - Throws: `damaged` where a block does not hold, and what the disk refuses; the new file is removed then.
    package func write(strip: ([UInt8]) -> [UInt8]) throws(StoreFailure) -> Written {
        let path = file.path + Self.suffix
        do throws(StoreFailure) {
            try files.remove(path)
            let old = FrameFile(closed: file, end: end)
            let (new, _) = try FrameFile.open(path, isLast: true, lastHeight: firstHeight - 1, on: files) { _ in }
            var written: [FrameFile.Frame] = []
            for frame in frames {
                let (block, commit) = try BlockLog.parts(of: frame, in: old)
                let record = BlockLog.Record.decidedBlock(height: frame.height, block: strip(block), commit: commit)
                written.append(
                    new.append(kind: BlockLog.strippedKind, height: frame.height, payload: record.payload))
                if new.queuedBytes >= Self.chunkBytes { try new.flush(sync: false) }
            }
            try new.flush()
            return Written(firstHeight: firstHeight, path: path, frames: written, end: new.end)
        } catch {
            _ = files.unlink(path)
            throw error
        }
    }
}
