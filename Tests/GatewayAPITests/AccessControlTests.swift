import Codec
import Cryptography
import Foundation
import HTTPTypes
import Records
import Synchronization
import Testing

@testable import GatewayAPI

/// A store in a folder of its own, a clock and an issuer that the test turns.
final class AccessBench: Sendable {
    let folder: URL
    let book: AccessBook
    let clock = Mutex(TokenMint.now * 1_000_000_000)
    let keys = Mutex<Result<[JSONWebKey], IssuerKeys.Unavailable>>(.success([]))
    let fetches = Mutex(0)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "vivian-access-\(UUID().uuidString)")
        book = try AccessBook(folder: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func control(_ configuration: AccessConfiguration = .init(issuers: [TokenPolicyTests.issuer])) -> AccessControl {
        AccessControl(
            configuration: configuration, book: book, now: { self.clock.withLock { $0 } },
            fetch: { _ in
                self.fetches.withLock { $0 += 1 }
                return try self.keys.withLock { $0 }.get()
            })
    }

    func forward(seconds: UInt64) { clock.withLock { $0 += seconds * 1_000_000_000 } }

    func key(
        tenant: String = "orchard", scopes: Set<Scope> = [.ledgerRead], expiresAt: UInt64? = nil
    ) throws -> APIKey {
        try OperatorKeys.create(
            in: book, tenant: try #require(Tenant(tenant)), label: "test", scopes: scopes, expiresAt: expiresAt,
            now: clock.withLock { $0 })
    }

    /// The name of the problem that a credential gets, or nil where it is taken.
    func refusal(_ control: AccessControl, _ credentials: String..., certificate: [UInt8]? = nil) async -> String? {
        do {
            _ = try await principal(control, credentials, certificate: certificate)
            return nil
        } catch { return (error as? Problem)?.name ?? "\(error)" }
    }

    func principal(
        _ control: AccessControl, _ credentials: [String], certificate: [UInt8]? = nil
    ) async throws -> Principal {
        var headers = HTTPFields()
        for credential in credentials { headers.append(HTTPField(name: .authorization, value: credential)) }
        return try await control.principal(headers) { certificate }
    }
}

struct AccessControlTests {
    @Test func `without a credential a caller may do nothing`() async throws {
        let bench = try AccessBench()
        let nobody = try await bench.principal(bench.control(), [])
        #expect(nobody == .anonymous(tenant: .standard, scopes: []))
        let open = bench.control(AccessConfiguration(anonymousScopes: [.ledgerRead]))
        #expect(try await bench.principal(open, []).scopes == [.ledgerRead])
    }

    @Test func `an API key says its tenant and its scopes`() async throws {
        let bench = try AccessBench()
        let key = try bench.key()
        let principal = try await bench.principal(bench.control(), ["bearer \(key.text)"])
        #expect(principal.tenant.name == "orchard")
        #expect(principal.scopes == [.ledgerRead])
        #expect(principal.name == "api-key:\(key.id)")
    }

    @Test func `what is not exactly a key is refused`() async throws {
        let bench = try AccessBench()
        let control = bench.control()
        let key = try bench.key().text
        let other = try bench.key().text
        let (id, secret) = (key.split(separator: "_")[1], other.dropFirst("vivian_0123456789abcdef_".count))
        var wrong = [
            "vivian_", "vivian__", "vivian_\(id)", "vivian_\(id)_", "vivian_\(id)_\(secret)", key + "A", "\(key)=",
            String(key.dropLast()), key.uppercased(), key.replacing("vivian_", with: "vivian_0"), APIKey.make().text,
        ]
        for place in stride(from: 7, to: key.utf8.count - 1, by: 3) {
            var bytes = Array(key.utf8)
            bytes[place] ^= 1
            wrong.append(String(decoding: bytes, as: UTF8.self))
        }
        for text in wrong { #expect(await bench.refusal(control, "Bearer \(text)") == "invalid-token", "\(text)") }
        for text in ["Basic \(key)", key, "Bearer", "Bearer ", "Bearer  \(key)", "Bearer \(key) x", "Token \(key)"] {
            #expect(await bench.refusal(control, text) == "unauthenticated", "\(text)")
        }
        #expect(await bench.refusal(control, "Bearer \(key)", "Bearer \(key)") == "ambiguous-credentials")
        #expect(await bench.refusal(control, "Bearer \(key)") == nil)
    }

    @Test func `an expired key is refused, to the second`() async throws {
        let bench = try AccessBench()
        let control = bench.control()
        let key = try bench.key(expiresAt: (TokenMint.now + 5) * 1_000_000_000)
        #expect(await bench.refusal(control, "Bearer \(key.text)") == nil)
        bench.forward(seconds: 4)
        #expect(await bench.refusal(control, "Bearer \(key.text)") == nil)
        bench.forward(seconds: 1)
        #expect(await bench.refusal(control, "Bearer \(key.text)") == "invalid-token")
    }

    @Test func `a revoked key is refused at once after a word, and within two seconds without`() async throws {
        let bench = try AccessBench()
        let control = bench.control()
        for isTold in [true, false] {
            let key = try bench.key()
            #expect(await bench.refusal(control, "Bearer \(key.text)") == nil)
            _ = try OperatorKeys.revoke(
                key.id, in: bench.book, tenant: try #require(Tenant("orchard")), now: bench.clock.withLock { $0 })
            if isTold { control.forget() } else { bench.forward(seconds: 2) }
            #expect(await bench.refusal(control, "Bearer \(key.text)") == "invalid-token")
        }
    }

    @Test func `the store holds no secret of a key`() throws {
        let bench = try AccessBench()
        let key = try bench.key()
        let secret = key.text.dropFirst("vivian_0123456789abcdef_".count)
        #expect(!"\(key)".contains(secret))
        #expect(!String(reflecting: key).contains(secret))
        for name in try FileManager.default.contentsOfDirectory(atPath: bench.folder.path) {
            let content = try Data(contentsOf: bench.folder.appending(path: name))
            #expect(content.range(of: Data(secret.utf8)) == nil)
            #expect(content.range(of: Data(Base64.decodeURL(String(secret)) ?? [0])) == nil)
        }
    }

    @Test func `a token is taken, remembered, and refused when its time is over`() async throws {
        let bench = try AccessBench()
        let control = bench.control()
        let mint = try TokenMint()
        bench.keys.withLock { $0 = .success((try? mint.publicKeys()) ?? []) }
        let token = "Bearer \(mint.token())"
        #expect(try await bench.principal(control, [token]).tenant.name == "orchard")
        // The issuer may go away meanwhile.
        bench.keys.withLock { $0 = .failure(.init(reason: "gone")) }
        #expect(await bench.refusal(control, token) == nil)
        #expect(bench.fetches.withLock { $0 } == 1)
        bench.forward(seconds: 359)
        #expect(await bench.refusal(control, token) == nil)
        bench.forward(seconds: 1)
        #expect(await bench.refusal(control, token) == "invalid-token")
    }

    @Test func `tokens of others are refused`() async throws {
        let bench = try AccessBench()
        let control = bench.control()
        let mint = try TokenMint()
        bench.keys.withLock { $0 = .success((try? mint.publicKeys()) ?? []) }
        let forger = try TokenMint()
        for text in [
            forger.token(), mint.token([("iss", "https://evil.example")]), mint.token([("iss", .null)]),
            mint.token([("aud", "x")]), mint.token(type: "JWT"), "a.b.c", "AAAA", mint.token() + "A",
            mint.token(text: #"{"iss":"\#(TokenMint.issuer)","sub":"a","sub":"b"}"#),
        ] {
            #expect(await bench.refusal(control, "Bearer \(text)") == "invalid-token", "\(text)")
        }
        #expect(await bench.refusal(bench.control(.init()), "Bearer \(mint.token())") == "invalid-token")
    }

    @Test func `a bound token needs its certificate, also when it is remembered`() async throws {
        let bench = try AccessBench()
        let control = bench.control()
        let mint = try TokenMint()
        bench.keys.withLock { $0 = .success((try? mint.publicKeys()) ?? []) }
        let hash = SecureRandom.bytes(32)
        let token = "Bearer \(mint.token([("cnf", ["x5t#S256": .string(Base64.encodeURL(hash))])]))"
        for _ in 0..<2 {
            #expect(await bench.refusal(control, token) == "invalid-token")
            #expect(await bench.refusal(control, token, certificate: SecureRandom.bytes(32)) == "invalid-token")
            #expect(await bench.refusal(control, token, certificate: hash) == nil)
        }
    }

    @Test func `an issuer that cannot be reached is a reason to come back, not a refusal`() async throws {
        let bench = try AccessBench()
        bench.keys.withLock { $0 = .failure(.init(reason: "gone")) }
        let mint = try TokenMint()
        #expect(await bench.refusal(bench.control(), "Bearer \(mint.token())") == "issuer-unavailable")
    }

    @Test func `what was checked before a revocation is not remembered after it`() {
        let cache = TokenCache()
        let entry = TokenCache.Entry(principal: .anonymous(tenant: .standard, scopes: []), until: 10)
        let key = SHA256.hash([1])
        let before = cache.epoch
        cache.removeAll()
        cache.insert(entry, for: key, checkedAt: before)
        #expect(cache.entry(key, at: 1) == nil)
        cache.insert(entry, for: key, checkedAt: cache.epoch)
        #expect(cache.entry(key, at: 1) != nil)
        #expect(cache.entry(key, at: 10) == nil)
    }

    @Test func `remembered credentials are bounded, and who keeps asking stays`() throws {
        let cache = TokenCache(entriesMax: 8)
        let entry = TokenCache.Entry(principal: .anonymous(tenant: .standard, scopes: []), until: 10)
        let kept = SHA256.hash([0])
        cache.insert(entry, for: kept, checkedAt: cache.epoch)
        for number in UInt8(1)..<100 {
            cache.insert(entry, for: SHA256.hash([number]), checkedAt: cache.epoch)
            #expect(cache.entry(kept, at: 9) != nil)
            #expect(cache.count <= 8)
        }
        #expect(cache.entry(SHA256.hash([1]), at: 9) == nil)
        #expect(cache.entry(kept, at: 10) == nil)
    }
}

struct IssuerKeysTests {
    /// A clock and an issuer.
    final class Bench: Sendable {
        let time = Mutex(ContinuousClock.now)
        let answer: Mutex<Result<[JSONWebKey], IssuerKeys.Unavailable>>
        let count = Mutex(0)
        init(_ keys: [JSONWebKey]) { answer = Mutex(.success(keys)) }

        func keys() -> IssuerKeys {
            IssuerKeys(
                fetch: {
                    self.count.withLock { $0 += 1 }
                    return try self.answer.withLock { $0 }.get()
                }, now: { self.time.withLock { $0 } })
        }

        func forward(_ duration: Duration) { time.withLock { $0 += duration } }
        var fetches: Int { count.withLock { $0 } }
    }

    static func token(_ mint: TokenMint) throws -> UnverifiedToken { try UnverifiedToken(decoding: mint.token()) }

    @Test func `keys are fetched once, and again when they are old`() async throws {
        let mint = try TokenMint()
        let bench = Bench(try mint.publicKeys())
        let keys = bench.keys()
        for _ in 0..<3 { #expect(try await keys.candidates(for: Self.token(mint)).count == 1) }
        #expect(bench.fetches == 1)
        bench.forward(IssuerKeys.freshFor)
        #expect(try await keys.candidates(for: Self.token(mint)).count == 1)
        #expect(bench.fetches == 2)
    }

    @Test func `an unknown key id leads to one fetch in ten seconds, however many ask`() async throws {
        let (old, new) = (try TokenMint(id: "old"), try TokenMint(id: "new"))
        let bench = Bench(try old.publicKeys())
        let keys = bench.keys()
        #expect(try await keys.candidates(for: Self.token(old)).count == 1)
        bench.answer.withLock { $0 = .success(((try? old.publicKeys()) ?? []) + ((try? new.publicKeys()) ?? [])) }
        // Too soon after the first.
        for _ in 0..<5 { #expect(try await keys.candidates(for: Self.token(new)).isEmpty) }
        #expect(bench.fetches == 1)
        bench.forward(IssuerKeys.attemptInterval)
        #expect(try await keys.candidates(for: Self.token(new)).count == 1)
        #expect(bench.fetches == 2)
        let strange = try Self.token(TokenMint(id: "strange"))
        bench.forward(IssuerKeys.attemptInterval)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try? await keys.candidates(for: strange) } }
        }
        #expect(bench.fetches == 3)
    }

    @Test func `a key that was withdrawn is no longer believed once the keys are old`() async throws {
        let mint = try TokenMint()
        let bench = Bench(try mint.publicKeys())
        let keys = bench.keys()
        #expect(try await keys.candidates(for: Self.token(mint)).count == 1)
        bench.answer.withLock { $0 = .success([]) }
        bench.forward(IssuerKeys.freshFor)
        #expect(try await keys.candidates(for: Self.token(mint)).isEmpty)
    }

    @Test func `old keys serve for a day while the issuer is away, not longer`() async throws {
        let mint = try TokenMint()
        let bench = Bench(try mint.publicKeys())
        let keys = bench.keys()
        #expect(try await keys.candidates(for: Self.token(mint)).count == 1)
        bench.answer.withLock { $0 = .failure(.init(reason: "away")) }
        bench.forward(IssuerKeys.freshFor + .seconds(1))
        #expect(try await keys.candidates(for: Self.token(mint)).count == 1)
        bench.forward(IssuerKeys.usableFor)
        await #expect(throws: IssuerKeys.Unavailable.self) { try await keys.candidates(for: Self.token(mint)) }
    }

    @Test(arguments: [
        ("https://a.example", "https://a.example"), ("https://a.example:8443/x", "https://a.example:8443"),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9"), ("http://localhost/x", "http://localhost"),
        ("http://[::1]:9/x", "http://[::1]:9"),
    ]) func `an issuer is asked over HTTPS, or on loopback`(_ address: String, _ origin: String) {
        #expect(IssuerDiscovery.origin(of: address) == origin)
    }

    @Test(arguments: [
        "http://a.example", "http://127.0.0.1.evil.example", "http://localhost@evil.example", "ftp://a.example",
        "file:///etc/passwd", "https://user:secret@a.example", "a.example", "", "https://", "http://10.0.0.1/",
        "https://a.example/#x", "unix:/x",
    ]) func `no other address is asked`(_ address: String) {
        #expect(IssuerDiscovery.origin(of: address) == nil)
    }

    @Test func `metadata is looked for where RFC 8414 and OpenID Connect put it`() {
        #expect(
            IssuerDiscovery.metadataURLs(of: "https://a.example/realms/x/") == [
                "https://a.example/.well-known/oauth-authorization-server/realms/x",
                "https://a.example/realms/x/.well-known/openid-configuration",
            ])
    }

    @Test(arguments: ["", "Orchard", "-a", ".a", "_a", "a b", "a/b", "ä", "a\u{0}", String(repeating: "a", count: 65)])
    func `a name that is no tenant's is refused`(_ name: String) { #expect(Tenant(name) == nil) }
}
