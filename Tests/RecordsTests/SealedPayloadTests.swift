import Cryptography
import Testing

@testable import Records

@Suite struct SealedPayloadTests {
    static let key = [UInt8](repeating: 5, count: 32)
    static let document = Array("a document".utf8)

    @Test func `what was sealed opens with its group's key and gives the salt back`() throws {
        let sealed = SealedPayload(Self.document, groupKey: Self.key)
        let opened = try #require(
            SealedPayload.open(payload: sealed.payload, wrap: sealed.wrap, groupKey: Self.key))
        #expect(opened.document == Self.document)
        #expect(opened.salt == sealed.salt)
        #expect(sealed.salt.count == SealedPayload.saltBytes)
    }

    @Test func `another group's key, another record's wrap and a changed byte open nothing`() {
        let sealed = SealedPayload(Self.document, groupKey: Self.key)
        let other = SealedPayload(Self.document, groupKey: Self.key)
        let wrongKey = [UInt8](repeating: 6, count: 32)
        #expect(SealedPayload.open(payload: sealed.payload, wrap: sealed.wrap, groupKey: wrongKey) == nil)
        #expect(SealedPayload.open(payload: sealed.payload, wrap: other.wrap, groupKey: Self.key) == nil)
        for index in sealed.payload.indices {
            var damaged = sealed.payload
            damaged[index] ^= 1
            #expect(SealedPayload.open(payload: damaged, wrap: sealed.wrap, groupKey: Self.key) == nil)
        }
    }

    @Test func `the same document twice shares no salt, nonce, key or ciphertext`() {
        let (one, two) = (
            SealedPayload(Self.document, groupKey: Self.key), SealedPayload(Self.document, groupKey: Self.key)
        )
        #expect(one.salt != two.salt)
        #expect(one.payload.prefix(24) != two.payload.prefix(24))
        #expect(one.wrap.prefix(24) != two.wrap.prefix(24))
        #expect(one.payload.prefix(24) != one.wrap.prefix(24))
        #expect(one.payload.dropFirst(24) != two.payload.dropFirst(24))
    }
}
