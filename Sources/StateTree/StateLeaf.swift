package import Cryptography
import Proofs

/// A leaf: one key and its value.
///
/// Immutable, shared between versions: a reference to one allocation of about 96 bytes and the content. At a million
/// leaves a second allocation a leaf would cost a quarter more memory and as much time again.
///
/// `@unchecked`: the allocation is written once, in `init`, before anyone else can see it, and only read after that.
package struct StateLeaf: @unchecked Sendable {
    private struct Head {
        var keyHash: Digest
        var hash: Digest
        var keyCount: UInt32
        var valueCount: UInt32
    }

    /// Behind the head stand the bytes of the key, then those of the value.
    private let buffer: ManagedBuffer<Head, UInt8>

    /// A key and its value, neither of them empty.
    package init(key: [UInt8], value: [UInt8]) { self.init(key: key, keyHash: SHA256.hash(key), value: value) }

    /// The same with the key's SHA-256, where it is known already.
    init(key: [UInt8], keyHash: Digest, value: [UInt8]) {
        precondition(!key.isEmpty && !value.isEmpty, "neither keys nor values are empty")
        let head = Head(
            keyHash: keyHash, hash: Jellyfish.leafHash(keyHash: keyHash, valueHash: SHA256.hash(value)),
            keyCount: UInt32(key.count), valueCount: UInt32(value.count))
        buffer = ManagedBuffer.create(minimumCapacity: key.count + value.count) { _ in head }
        // All of the capacity asked for is written, with bytes, which need no destruction.
        buffer.withUnsafeMutablePointerToElements { content in
            content.initialize(from: key, count: key.count)
            (content + key.count).initialize(from: value, count: value.count)
        }
    }

    /// SHA-256 of the key: the leaf's place.
    package var keyHash: Digest { buffer.withUnsafeMutablePointerToHeader { $0.pointee.keyHash } }
    var hash: Digest { buffer.withUnsafeMutablePointerToHeader { $0.pointee.hash } }
    package var key: [UInt8] { bytes(from: 0, count: Int(buffer.header.keyCount)) }
    package var value: [UInt8] { bytes(from: Int(buffer.header.keyCount), count: Int(buffer.header.valueCount)) }

    /// Bytes of key and value.
    var contentCount: Int { Int(buffer.header.keyCount) + Int(buffer.header.valueCount) }

    func isFor(_ key: [UInt8]) -> Bool {
        guard Int(buffer.header.keyCount) == key.count else { return false }
        // `keyCount` bytes are initialised.
        return buffer.withUnsafeMutablePointerToElements { content in
            UnsafeBufferPointer(start: content, count: key.count).elementsEqual(key)
        }
    }

    /// Whether both are one allocation.
    static func === (left: StateLeaf, right: StateLeaf) -> Bool { left.buffer === right.buffer }

    /// For telling leaves apart by identity.
    var identifier: ObjectIdentifier { ObjectIdentifier(buffer) }

    private func bytes(from start: Int, count: Int) -> [UInt8] {
        // Key and value lie within the initialised bytes.
        buffer.withUnsafeMutablePointerToElements { content in
            Array(UnsafeBufferPointer(start: content + start, count: count))
        }
    }
}
