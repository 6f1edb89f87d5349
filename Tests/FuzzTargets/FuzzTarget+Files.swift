import Cryptography
import Glibc
import LedgerStore
import StateTree

extension FuzzTarget {
    /// Files of a ledger that a crash or a bad disk left behind, and those that came from elsewhere.
    static let files: [FuzzTarget] = [
        // Check sums are put right first: behind them the walk begins.
        FuzzTarget("block-log") { bytes in
            inFolder { folder in
                let path = folder + "/blocks-0000000000000001.log"
                write(withCheckSums(bytes), to: path)
                guard let log = try? BlockLog(folder: folder) else { return nil }
                if let height = log.lastHeight { _ = try? log.block(height) }
                let report = (log.firstHeight, log.lastHeight)
                guard let again = try? BlockLog(folder: folder) else { return "a log that opened does not open again" }
                return (again.firstHeight, again.lastHeight) == report ? nil : "opens differently the second time"
            }
        },
        FuzzTarget("block-mark") { bytes in
            let mark = BlockMark(decoding: bytes)
            if let mark, mark.encoded != bytes { return "a mark that was read is written differently" }
            // Behind the mark's checksum: the first 16 bytes say what was synced, the rest is the log.
            guard bytes.count >= 16 else { return nil }
            func integer(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
            let claimed = BlockMark(segment: integer(0..<8), end: integer(8..<16) % 4_096)
            guard BlockMark(decoding: claimed.encoded) == claimed else { return "a mark is not read back" }
            return inFolder { folder in
                let path = folder + "/blocks-0000000000000001.log"
                let log = withCheckSums(Array(bytes[16...]))
                write(log, to: path)
                write(claimed.encoded, to: folder + "/blocks.mark")
                guard (try? BlockLog(folder: folder)) != nil else {
                    return content(of: path) == log ? nil : "a log that is refused was changed"
                }
                let kept = content(of: path)
                guard log.starts(with: kept) else { return "a log that opens was changed" }
                return claimed.segment == 1 && kept.count < Int(claimed.end) ? "synced bytes were cut off" : nil
            }
        },
        canonical("history-record") { HistoryRecord.encode(try HistoryRecord.decode($0)) },
        FuzzTarget("history-log") { bytes in
            inFolder { folder in
                write(withCheckSums(bytes), to: folder + "/history-0000000000000001.log")
                guard let log = try? HistoryLog(folder: folder, height: .max, appHash: .zero) else { return nil }
                guard log.newestHeight != nil else { return nil }
                let forest = StoreForest(stores: ["a"])
                return (try? log.past(0, appHash: .zero, from: forest, at: .max, store: 0, key: [1])) == nil
                    ? nil : "a state was made up"
            }
        },
        FuzzTarget("snapshot-manifest") { bytes in
            inFolder { folder in
                write(bytes, to: folder + "/manifest")
                _ = try? Snapshot.manifest(in: folder)
                write(bytes + SHA256.hash(bytes).bytes, to: folder + "/manifest")
                _ = try? Snapshot.manifest(in: folder)
                return nil
            }
        },
    ]

    private static func inFolder(_ body: (String) -> String?) -> String? {
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
        var template = Array("\(temporary)/vivian-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return "no temporary folder" }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in [
                "blocks-0000000000000001.log", "blocks.mark", "history-0000000000000001.log", "manifest",
            ] { unlink(folder + "/" + name) }
            rmdir(folder)
        }
        return body(folder)
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    private static func content(of path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let next = fgetc(file), next != EOF { bytes.append(UInt8(truncatingIfNeeded: next)) }
        return bytes
    }

    /// Frames as FrameFile's table has them, each with the CRC-32C that it should have.
    private static func withCheckSums(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var offset = 0
        while offset + 32 <= bytes.count {
            let length = bytes[offset + 24..<offset + 28].reduce(0) { $0 << 8 | Int($1) }
            guard offset + 32 + length <= bytes.count else { break }
            var sum = ~UInt32(0)
            for place in Array(offset..<offset + 28) + Array(offset + 32..<offset + 32 + length) {
                sum ^= UInt32(bytes[place])
                for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
            }
            sum = ~sum
            for place in 0..<4 { bytes[offset + 28 + place] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * place)) }
            offset += 32 + length
        }
        return bytes
    }
}
