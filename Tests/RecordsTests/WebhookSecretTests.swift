import Codec
import Cryptography
import Foundation
import Testing

@testable import Records

struct WebhookSecretTests {
    /// The example that the libraries of Standard Webhooks share in their tests.
    @Test func `a signature is the published one`() throws {
        let key = try #require(Base64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let message = Array("msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}".utf8)
        #expect(
            Base64.encode(HMACSHA256.authenticate([message], key: key).bytes)
                == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        let bytes = [UInt8](0..<32)
        let signature = WebhookSecret(.hmac, bytes).signature(id: "a", timestamp: 5, body: Array("b".utf8))
        #expect(
            signature == "v1," + Base64.encode(HMACSHA256.authenticate([Array("a.5.b".utf8)], key: bytes).bytes))
    }

    @Test func `what a receiver gets to check with is what signs`() throws {
        let secret = WebhookSecret.make(.ed25519)
        #expect(secret.shownOnce == nil)
        let text = try #require(secret.publicKey)
        let key = try #require(text.hasPrefix("whpk_") ? Base64.decode(String(text.dropFirst(5))) : nil)
        let signature = secret.signature(id: "a", timestamp: 5, body: Array("b".utf8))
        let bytes = try #require(signature.hasPrefix("v1a,") ? Base64.decode(String(signature.dropFirst(4))) : nil)
        #expect(Ed25519.isValidStrict(signature: bytes, message: Array("a.5.b".utf8), publicKey: key))
        for wrong in ["a.5.c", "a.6.b", "b.5.b", "a5.b"] {
            #expect(!Ed25519.isValidStrict(signature: bytes, message: Array(wrong.utf8), publicKey: key))
        }
        #expect(WebhookSecret.make(.hmac).publicKey == nil)
        #expect(WebhookSecret.make(.hmac).shownOnce?.hasPrefix("whsec_") == true)
    }

    @Test func `a sealed secret opens for its webhook under its key only`() throws {
        let key = SecureRandom.bytes(32)
        let secret = WebhookSecret.make(.hmac)
        let sealed = secret.sealed(for: "0011223344556677", under: key)
        let opened = WebhookSecret(sealed: sealed, scheme: "hmac", webhook: "0011223344556677", key: key)
        #expect(opened?.shownOnce == secret.shownOnce)
        #expect(WebhookSecret(sealed: sealed, scheme: "hmac", webhook: "0011223344556678", key: key) == nil)
        #expect(WebhookSecret(sealed: sealed, scheme: "none", webhook: "0011223344556677", key: key) == nil)
        #expect(
            WebhookSecret(sealed: sealed, scheme: "hmac", webhook: "0011223344556677", key: SecureRandom.bytes(32))
                == nil)
        for place in sealed.indices {
            var damaged = sealed
            damaged[place] ^= 1
            #expect(WebhookSecret(sealed: damaged, scheme: "hmac", webhook: "0011223344556677", key: key) == nil)
        }
        #expect(WebhookSecret(sealed: [], scheme: "hmac", webhook: "0011223344556677", key: key) == nil)
    }

    @Test func `nothing that is printed shows a secret`() {
        let secret = WebhookSecret(.hmac, [UInt8](repeating: 0xab, count: 32))
        for text in ["\(secret)", "\(String(reflecting: secret))", "\(Mirror(reflecting: secret).children.count)"] {
            #expect(!text.contains("171") && !text.contains("q6ur"))
        }
    }

    @Test func `two secrets make two signatures, the newest first`() {
        let (new, old) = (WebhookSecret.make(.hmac), WebhookSecret.make(.hmac))
        let headers = WebhookHeaders.headers(id: "m", seconds: 7, body: [1], secrets: [new, old])
        let fields = Dictionary(uniqueKeysWithValues: headers)
        #expect(fields["webhook-id"] == "m" && fields["webhook-timestamp"] == "7")
        #expect(fields["content-type"] == "application/cloudevents+json")
        #expect(
            fields["webhook-signature"]
                == new.signature(id: "m", timestamp: 7, body: [1]) + " "
                + old.signature(id: "m", timestamp: 7, body: [1]))
    }

    @Test func `the key for secrets is made once, outlives the process and disturbs no group`() throws {
        try GroupKeyFileTests.withFile { url in
            let file = try GroupKeyFile(opening: url)
            let before = try file.next()
            let key = try file.sealingKey()
            #expect(try file.sealingKey() == key)
            let groups = try (0..<20_000).map { _ in try file.next() }
            let again = try GroupKeyFile(opening: url)
            #expect(try again.sealingKey() == key)
            #expect(again.key(of: before.group) == before.key)
            for group in groups { #expect(again.key(of: group.group) == group.key) }
            #expect(!groups.contains { $0.key == key })
        }
    }
}
