import Codec
import Testing

@testable import Cryptography

struct SecretTests {
    @Test(arguments: [1, 32, 64, 5_000])
    func `secret bytes hold a copy`(count: Int) {
        let bytes = SecureRandom.bytes(count)
        let secret = SecretBytes(copying: bytes)
        #expect(secret.count == count)
        #expect(secret.withUnsafeBytes { Array($0) } == bytes)
    }

    @Test func `an empty secret is possible`() {
        #expect(SecretBytes(copying: []).count == 0)
        #expect(SecureRandom.bytes(0) == [])
    }

    @Test func `random secrets differ`() {
        let one = SecretBytes(random: 32)
        let two = SecretBytes(random: 32)
        #expect(one.withUnsafeBytes { Array($0) } != two.withUnsafeBytes { Array($0) })
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }

    @Test func `wiping leaves zeros`() {
        var bytes: [UInt8] = [1, 2, 3]
        wipe(&bytes)
        #expect(bytes == [0, 0, 0])
    }

    @Test(arguments: [0, 32, 64, 65, 200])
    func `a code is the same under a key in locked memory`(count: Int) {
        let key = SecureRandom.bytes(count)
        let secret = SecretBytes(copying: key)
        #expect(
            HMACSHA256.authenticate([[1], [2, 3]], key: secret) == HMACSHA256.authenticate([[1, 2, 3]], key: key))
    }

    @Test(arguments: [0, 1, 1_000]) func `a text sealed with a nonce carries it in front and opens`(count: Int) {
        let (key, nonce, text) = (SecureRandom.bytes(32), SecureRandom.bytes(24), SecureRandom.bytes(count))
        let sealed = XChaCha20Poly1305.seal(text, key: key, nonce: nonce[...], additionalData: [1])
        #expect(Array(sealed.prefix(24)) == nonce)
        #expect(XChaCha20Poly1305.open(sealed, key: key, additionalData: [1]) == text)
        #expect(XChaCha20Poly1305.open(sealed, key: key, additionalData: [2]) == nil)
    }

    @Test func `a sealed text opens with its key and data only`() {
        let (key, text, data): ([UInt8], [UInt8], [UInt8]) = (SecureRandom.bytes(32), Array("text".utf8), [1, 2])
        let sealed = XChaCha20Poly1305.seal(text, key: key, additionalData: data)
        #expect(sealed.count == 24 + text.count + 16)
        #expect(XChaCha20Poly1305.open(sealed, key: key, additionalData: data) == text)
        #expect(XChaCha20Poly1305.open(sealed, key: key) == nil)
        #expect(XChaCha20Poly1305.open(sealed, key: SecureRandom.bytes(32), additionalData: data) == nil)
        #expect(XChaCha20Poly1305.open(sealed, key: [], additionalData: data) == nil)
        #expect(XChaCha20Poly1305.seal(text, key: key, additionalData: data) != sealed)
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 1
            #expect(XChaCha20Poly1305.open(damaged, key: key, additionalData: data) == nil)
            #expect(XChaCha20Poly1305.open(Array(sealed[..<index]), key: key, additionalData: data) == nil)
        }
    }
}
