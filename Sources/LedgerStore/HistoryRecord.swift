import Codec
import Cryptography
package import StateTree

/// What leads back from the state after a block to the one before: the payload of a history's frame.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 32 | app hash before the block |
/// | 32 | 32 | app hash after it |
/// | 64 | 4 | length of the head, u32: everything before the rows |
/// | 68 | 2 | number of stores, u16 |
/// | 70 | | for each store by rising index: index u8, root before (32), number of shards u16, then the shards |
/// | | 38 | a shard by rising index: index u8, kind u8 (0 empty, 1 leaf, 2 inner), hash before (32), length of its rows u32 |
/// | head | | rows of the shards in the same order: key length u32 \|\| key \|\| value length u32 \|\| value |
///
/// Integers are big-endian. A value of length 0 means that the key was absent. The head is apart from the rows so that a
/// walk over many blocks reads the heads and the rows of one shard in 256.
package enum HistoryRecord {
    static let prefixBytes = 70
    static let storeBytes = 35
    static let shardBytes = 38
    static let storesMax = 256

    package static func encode(_ undo: ForestUndo) -> [UInt8] {
        var rows = ByteWriter()
        var tables = ByteWriter()
        for store in undo.stores {
            tables.uint8(UInt8(store.index))
            tables.raw(store.root.bytes)
            tables.uint16(UInt16(store.shards.count))
            for shard in store.shards {
                let start = rows.bytes.count
                for row in shard.rows {
                    rows.part(row.key)
                    rows.part(row.value ?? [])
                }
                tables.uint8(UInt8(shard.index))
                tables.uint8(shard.before.kind.rawValue)
                tables.raw(shard.before.hash.bytes)
                tables.uint32(UInt32(rows.bytes.count - start))
            }
        }
        let headBytes = prefixBytes + tables.bytes.count
        var writer = ByteWriter(capacity: headBytes + rows.bytes.count)
        writer.raw(undo.before.bytes)
        writer.raw(undo.after.bytes)
        writer.uint32(UInt32(headBytes))
        writer.uint16(UInt16(undo.stores.count))
        writer.raw(tables.bytes)
        writer.raw(rows.bytes)
        return writer.bytes
    }

    /// The whole of a record.
    /// - Throws: `damaged` for any bytes that ``encode(_:)`` does not write; the file is named by the caller.
    package static func decode(_ bytes: [UInt8]) throws(StoreFailure) -> ForestUndo {
        guard let head = HistoryHead(bytes[...], payloadCount: bytes.count) else { throw damaged }
        var undo = ForestUndo(before: head.before, after: head.after, stores: [])
        for store in head.stores {
            var shards: [ForestUndo.Shard] = []
            for shard in store.shards {
                guard let rows = rows(bytes[shard.rows]) else { throw damaged }
                shards.append(ForestUndo.Shard(index: shard.index, before: shard.before, rows: rows))
            }
            undo.stores.append(ForestUndo.Store(index: store.index, root: store.root, shards: shards))
        }
        return undo
    }

    /// The rows of a shard, at least one; nil where the bytes are none.
    static func rows(_ bytes: ArraySlice<UInt8>) -> [ForestUndo.Row]? {
        var reader = ByteReader(Array(bytes))
        var rows: [ForestUndo.Row] = []
        while reader.remaining > 0 {
            guard let key = try? reader.part(), !key.isEmpty, let value = try? reader.part() else { return nil }
            rows.append(ForestUndo.Row(key: key, value: value.isEmpty ? nil : value))
        }
        return rows.isEmpty ? nil : rows
    }

    static let damaged = StoreFailure.damaged(file: "history", offset: 0, height: 0)
}

/// The head of a record.
struct HistoryHead {
    struct Shard {
        var index: Int
        var before: SubtreeMark
        /// Where its rows stand in the payload.
        var rows: Range<Int>
    }
    struct Store {
        var index: Int
        var root: Digest
        var shards: [Shard]
    }

    var before: Digest
    var after: Digest
    var stores: [Store]

    /// Length of the head whose first ``HistoryRecord/prefixBytes`` bytes begin a slice; nil where it cannot be one.
    static func byteCount(_ bytes: ArraySlice<UInt8>, payloadCount: Int) -> Int? {
        guard bytes.count >= HistoryRecord.prefixBytes else { return nil }
        let start = bytes.startIndex + 64
        let count = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        let countMax =
            HistoryRecord.prefixBytes + HistoryRecord.storesMax
            * (HistoryRecord.storeBytes + StoreShard.count * HistoryRecord.shardBytes)
        return HistoryRecord.prefixBytes...min(countMax, payloadCount) ~= count ? count : nil
    }

    /// The head that begins a slice, of a payload of that length; nil for any bytes that are not written so.
    ///
    /// `only`: the one store whose shards are of interest; those of the others are passed over.
    init?(_ bytes: ArraySlice<UInt8>, payloadCount: Int, only: Int? = nil) {
        guard let count = Self.byteCount(bytes, payloadCount: payloadCount), bytes.count >= count else { return nil }
        var at = bytes.startIndex
        let end = at + count
        func integer(_ byteCount: Int) -> Int {
            defer { at += byteCount }
            return bytes[at..<at + byteCount].reduce(0) { $0 << 8 | Int($1) }
        }
        func digest() -> Digest {
            defer { at += Digest.byteCount }
            return Digest(bytes[at..<at + Digest.byteCount])!
        }
        before = digest()
        after = digest()
        at += 4
        let storeCount = integer(2)
        stores = []
        var rowsStart = count
        var lastStore = -1
        for _ in 0..<storeCount {
            guard at + HistoryRecord.storeBytes <= end else { return nil }
            let index = integer(1)
            let root = digest()
            let shardCount = integer(2)
            guard index > lastStore, 1...StoreShard.count ~= shardCount,
                at + shardCount * HistoryRecord.shardBytes <= end
            else { return nil }
            lastStore = index
            var shards: [Shard] = []
            var lastShard = -1
            for _ in 0..<shardCount {
                let shard = integer(1)
                guard shard > lastShard, let kind = SubtreeMark.Kind(rawValue: UInt8(integer(1))) else { return nil }
                lastShard = shard
                if only == nil || only == index {
                    guard let mark = SubtreeMark(kind: kind, hash: digest()) else { return nil }
                    let length = integer(4)
                    shards.append(Shard(index: shard, before: mark, rows: rowsStart..<rowsStart + length))
                } else {
                    at += Digest.byteCount + 4
                }
                let length = bytes[at - 4..<at].reduce(0) { $0 << 8 | Int($1) }
                guard length > 0, length <= payloadCount - rowsStart else { return nil }
                rowsStart += length
            }
            stores.append(Store(index: index, root: root, shards: shards))
        }
        guard at == end, rowsStart == payloadCount, !stores.isEmpty else { return nil }
    }
}
