import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HTTPClientKit

struct GuardedHTTPClientTests {
    static let open = AddressPolicy(
        allowed: [.init(fixed: "127.0.0.0/8"), .init(fixed: "::1/128")], allowsPlainLoopback: true)

    static func client(
        _ policy: AddressPolicy = open, timeout: Duration = .seconds(120),
        resolve: @escaping @Sendable (String) async -> [IPAddress] = NameResolver.addresses
    ) -> GuardedHTTPClient {
        GuardedHTTPClient(policy: policy, rootsFile: nil, timeout: timeout, resolve: resolve)
    }

    /// How a call fails; nil where it is answered.
    static func failure(_ client: GuardedHTTPClient, _ url: String) async -> GuardedHTTPFailure? {
        let result: GuardedHTTPFailure?
        do {
            _ = try await client.post(url, headers: [], body: [1])
            result = nil
        } catch { result = error }
        await client.shutdown()
        return result
    }

    static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    @Test func `an answer comes back, with Host as it was named`() async throws {
        let server = try RawServer(Self.ok)
        defer { server.stop() }
        let client = Self.client()
        let reply = try await client.post(
            "http://localhost:\(server.port)/hook?a=b", headers: [("x-test", "1")], body: Array("body".utf8))
        await client.shutdown()
        #expect(reply.status == 200 && reply.body == Array("ok".utf8))
        let request = try #require(server.seen.first)
        #expect(request.hasPrefix("POST /hook?a=b HTTP/1.1\r\n"))
        #expect(request.lowercased().contains("host: localhost:\(server.port)\r\n"))
        #expect(request.hasSuffix("body"))
    }

    /// Real names, as the system resolves them, and spellings that only the system reads as addresses.
    @Test(arguments: [
        "localhost", "127.0.0.1", "[::1]", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "0.0.0.0", "10.0.0.1",
        "169.254.169.254", "[::ffff:127.0.0.1]", "[fe80::1]",
    ])
    func `without the operator's word nothing inside is called, however it is written`(_ host: String) async throws {
        let server = try RawServer(Self.ok)
        defer { server.stop() }
        #expect(
            await Self.failure(Self.client(AddressPolicy()), "https://\(host):\(server.port)/")
                == .refused(.address))
        #expect(server.seen.isEmpty)
    }

    @Test func `one bad address of a name spoils it`() async throws {
        let good = try #require(IPAddress("8.8.8.8"))
        let bad = try #require(IPAddress("10.0.0.1"))
        for found in [[good, bad], [bad, good]] {
            let client = Self.client(AddressPolicy(), resolve: { _ in found })
            #expect(await Self.failure(client, "https://twofaced.example/") == .refused(.address))
        }
        let nowhere = Self.client(AddressPolicy(), resolve: { _ in [] })
        #expect(await Self.failure(nowhere, "https://nowhere.example/") == .refused(.unresolvable))
    }

    @Test func `the connection goes to the address that was checked, and the name is asked for once`() async throws {
        let server = try RawServer(Self.ok)
        defer { server.stop() }
        let loopback = try #require(IPAddress("127.0.0.1"))
        let asked = Mutex(0)
        // No resolver of the system knows the name: only the address that was handed in can have been used.
        let client = Self.client(resolve: { _ in
            asked.withLock { $0 += 1 }
            return [loopback]
        })
        let reply = try await client.post("http://rebind.invalid:\(server.port)/", headers: [], body: [1])
        #expect(reply.status == 200)
        #expect(asked.withLock { $0 } == 1)
        #expect(server.seen.first?.lowercased().contains("host: rebind.invalid:") == true)
        await client.shutdown()
    }

    @Test func `where one address is down, the next one is tried`() async throws {
        let server = try RawServer(Self.ok)
        defer { server.stop() }
        let found = ["127.0.0.2", "127.0.0.1"].compactMap { IPAddress($0) }
        let client = Self.client(resolve: { _ in found })
        let reply = try await client.post("http://two.invalid:\(server.port)/", headers: [], body: [1])
        await client.shutdown()
        #expect(reply.status == 200 && server.seen.count == 1)
    }

    @Test func `a name that turns inside is refused, though a connection is open`() async throws {
        let server = try RawServer(Self.ok)
        defer { server.stop() }
        let answers = Mutex(["127.0.0.1", "10.0.0.1"].compactMap { IPAddress($0) })
        let client = Self.client(resolve: { _ in [answers.withLock { $0.removeFirst() }] })
        _ = try await client.post("http://turning.invalid:\(server.port)/", headers: [], body: [1])
        #expect(await Self.failure(client, "https://turning.invalid:\(server.port)/") == .refused(.address))
        #expect(server.seen.count == 1)
    }

    @Test func `a redirect is an answer`() async throws {
        let target = try RawServer(Self.ok)
        let server = try RawServer(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:\(target.port)/\r\ncontent-length: 0\r\n\r\n"
        )
        defer {
            server.stop()
            target.stop()
        }
        let client = Self.client()
        let reply = try await client.post("http://127.0.0.1:\(server.port)/", headers: [], body: [1])
        await client.shutdown()
        #expect(reply.status == 307)
        #expect(target.seen.isEmpty)
    }

    @Test func `who never answers is left`() async throws {
        let server = try RawServer(nil)
        defer { server.stop() }
        let client = Self.client(timeout: .milliseconds(200))
        #expect(await Self.failure(client, "http://127.0.0.1:\(server.port)/") == .timedOut)
        #expect(server.seen.count == 1)
    }

    @Test func `of an endless body a beginning is read`() async throws {
        let server = try RawServer(
            "HTTP/1.1 200 OK\r\ncontent-length: 90000000\r\n\r\n" + String(repeating: "a", count: 200_000))
        defer { server.stop() }
        let client = Self.client()
        let reply = try await client.post("http://127.0.0.1:\(server.port)/", headers: [], body: [1])
        await client.shutdown()
        #expect(reply.status == 200 && reply.body.count == GuardedHTTPClient.bodyBytesMax)
    }

    @Test func `what is no HTTP, no TLS or not there is unreachable`() async throws {
        let server = try RawServer("SSH-2.0-OpenSSH_9.9\r\n")
        #expect(await Self.failure(Self.client(), "http://127.0.0.1:\(server.port)/") == .unreachable)
        #expect(await Self.failure(Self.client(), "https://127.0.0.1:\(server.port)/") == .unreachable)
        let port = server.port
        server.stop()
        usleep(50_000)
        #expect(await Self.failure(Self.client(), "http://127.0.0.1:\(port)/") == .unreachable)
    }
}
