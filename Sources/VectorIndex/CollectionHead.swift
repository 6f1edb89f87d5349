import Codec
package import Cryptography

/// A collection's counters and its root: the value under `h`.
///
/// | field | bytes |
/// |---|---|
/// | count | 4 |
/// | nextID | 8 |
/// | nextOwner, nextList, nextSuper | 4 each |
/// | root | 32 |
package struct CollectionHead: Hashable, Sendable {
    /// Vectors held.
    package var count: UInt32 = 0
    /// Counted from 1, never given twice.
    package var nextID: UInt64 = 1
    package var nextOwner: UInt32 = 1
    package var nextList: UInt32 = 1
    package var nextSuper: UInt32 = 1
    package var root = Digest.zero

    package init() {}

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 56)
        writer.uint32(count)
        writer.uint64(nextID)
        writer.uint32(nextOwner)
        writer.uint32(nextList)
        writer.uint32(nextSuper)
        writer.raw(root.bytes)
        return writer.bytes
    }

    /// Nil for bytes that are no head.
    package init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let count = try? reader.uint32(), let nextID = try? reader.uint64(), let nextOwner = try? reader.uint32(),
            let nextList = try? reader.uint32(), let nextSuper = try? reader.uint32(),
            let root = (try? reader.bytes(32)).flatMap({ Digest($0) }), (try? reader.finish()) != nil
        else { return nil }
        self.count = count
        self.nextID = nextID
        self.nextOwner = nextOwner
        self.nextList = nextList
        self.nextSuper = nextSuper
        self.root = root
    }
}
