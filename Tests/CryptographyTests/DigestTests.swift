import Codec
import Cryptography
import Testing

struct DigestTests {
    @Test(arguments: [0, 1, 31, 33, 64])
    func `bytes of another length are no digest`(count: Int) {
        #expect(Digest([UInt8](repeating: 7, count: count)) == nil)
    }

    @Test func `bytes come back as they went in`() throws {
        let bytes = [UInt8](0..<32)
        let digest = try #require(Digest(bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.hex == Hex.encode(bytes))
    }

    @Test func `digests are ordered as their bytes are`() {
        let digests = (0..<200).map { _ in SHA256.hash(SecureRandom.bytes(8)) }
        let sorted = digests.sorted().map(\.bytes)
        #expect(sorted == digests.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test(arguments: 0..<32)
    func `every byte takes part in order, equality and bits`(index: Int) throws {
        var bytes = [UInt8](repeating: 0x7f, count: 32)
        let lower = try #require(Digest(bytes))
        bytes[index] = 0x80
        let higher = try #require(Digest(bytes))
        #expect(lower < higher)
        #expect(!(higher < lower))
        #expect(lower != higher)
        #expect(higher.bit(8 * index) && !lower.bit(8 * index))
        #expect(lower.commonPrefix(with: higher) == 8 * index)
        #expect(lower.commonPrefix(with: lower) == 256)
    }

    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 gives the standard's digests`(text: String, hex: String) {
        #expect(SHA256.hash(Array(text.utf8)).hex == hex)
    }

    @Test func `all ways to feed a hash agree`() {
        let (left, right) = (SHA256.hash([1]), SHA256.hash([2]))
        let whole = SHA256.hash([1] + left.bytes + right.bytes)
        #expect(SHA256.hash(prefix: 1, left, right) == whole)
        #expect(SHA256.hash(tag: "\u{1}", left, right) == whole)
        #expect(SHA256.hash([1], left.bytes, right.bytes) == whole)
        var hash = SHA256()
        hash.update(UInt8(1))
        hash.update(left)
        // A copy goes its own way.
        var copy = hash
        copy.update([9])
        hash.update(right.bytes[...])
        #expect(hash.finalize() == whole)
    }
}
