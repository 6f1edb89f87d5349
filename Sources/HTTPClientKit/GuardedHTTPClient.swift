import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Why a call of a URL that somebody else named has no answer.
///
/// Never holds a body or a secret.
package enum GuardedHTTPFailure: Error, Equatable, Sendable {
    case refused(AddressPolicy.Refusal)
    case timedOut
    case unreachable
}

/// Calls URLs that others name, and only where ``AddressPolicy`` permits.
///
/// The name is looked up here, all of its addresses are checked, and the connection goes to one that was checked: a name
/// that resolves to something else a moment later (DNS rebinding) changes nothing. `Host` and TLS keep the name. Redirects
/// are answers, not followed; no proxy of the environment is used; of a body a bounded beginning is read.
package final class GuardedHTTPClient: Sendable {
    /// How long a call may take, with all that belongs to it.
    package static let timeoutDefault: Duration = .seconds(15)
    /// Bytes of an answer's body that are read.
    package static let bodyBytesMax = 16 << 10
    /// Servers to which connections are kept: beyond these the one that was called longest ago is let go.
    private static let clientsMax = 64
    /// Addresses of one host that are tried, one after the other.
    private static let addressesMax = 3

    private struct Target: Hashable {
        var host: String
        var address: IPAddress
    }
    private struct State {
        /// The last one was used last.
        var clients: [(target: Target, client: HTTPClient)] = []
    }

    private let policy: AddressPolicy
    private let tls: TLSConfiguration
    private let timeout: Duration
    private let resolve: @Sendable (String) async -> [IPAddress]
    private let state = Mutex(State())

    /// `rootsFile`: PEM file of authorities to trust; nil takes the system's.
    package convenience init(policy: AddressPolicy, rootsFile: String?, timeout: Duration = timeoutDefault) {
        self.init(policy: policy, rootsFile: rootsFile, timeout: timeout, resolve: NameResolver.addresses)
    }

    /// `resolve`: every address of a name.
    init(
        policy: AddressPolicy, rootsFile: String?, timeout: Duration,
        resolve: @escaping @Sendable (String) async -> [IPAddress]
    ) {
        self.policy = policy
        self.timeout = timeout
        self.resolve = resolve
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let rootsFile { tls.trustRoots = .file(rootsFile) }
        self.tls = tls
    }

    /// Whether a URL may be called now; a name that has no address yet may.
    package func check(_ text: String) async throws(AddressPolicy.Refusal) -> GuardedURL {
        let url = try GuardedURL(text)
        do { _ = try await addresses(of: url) } catch { if error != .unresolvable { throw error } }
        return url
    }

    /// Sends a body and waits for the answer's status.
    package func post(_ text: String, headers: [(String, String)], body: [UInt8]) async throws(GuardedHTTPFailure)
        -> HTTPReply
    {
        let result = await withTaskGroup(of: Result<HTTPReply, GuardedHTTPFailure>.self) { group in
            group.addTask { [self] in
                do throws(GuardedHTTPFailure) { return .success(try await call(text, headers, body)) } catch {
                    return .failure(error)
                }
            }
            group.addTask { [timeout] in
                try? await Task.sleep(for: timeout)
                return .failure(.timedOut)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.timedOut)
        }
        return try result.get()
    }

    private func call(_ text: String, _ headers: [(String, String)], _ body: [UInt8]) async throws(GuardedHTTPFailure)
        -> HTTPReply
    {
        let url: GuardedURL
        let checked: [IPAddress]
        do {
            url = try GuardedURL(text)
            checked = try await addresses(of: url)
        } catch { throw .refused(error) }
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        // In the system's order, which has addresses that it cannot reach last.
        var failure = GuardedHTTPFailure.unreachable
        for address in checked.prefix(Self.addressesMax) {
            do throws(GuardedHTTPFailure) {
                return try await send(request, to: Target(host: url.host, address: address))
            } catch { failure = error }
        }
        throw failure
    }

    private func send(_ request: HTTPClientRequest, to target: Target) async throws(GuardedHTTPFailure) -> HTTPReply {
        do {
            let response = try await client(for: target).execute(request, timeout: TimeAmount(timeout))
            return HTTPReply(response, body: try await Self.beginning(of: response.body))
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw .timedOut
        } catch {
            throw .unreachable
        }
    }

    /// What is left of a longer body is not read: its connection is closed.
    private static func beginning(of body: HTTPClientResponse.Body) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in body {
            bytes += buffer.readableBytesView.prefix(bodyBytesMax - bytes.count)
            if bytes.count == bodyBytesMax { break }
        }
        return bytes
    }

    /// Every address of the URL's host; all of them are permitted.
    private func addresses(of url: GuardedURL) async throws(AddressPolicy.Refusal) -> [IPAddress] {
        let found: [IPAddress]
        if let literal = IPAddress(url.host) { found = [literal] } else { found = await resolve(url.host) }
        // Plain HTTP goes to loopback alone, which has its addresses always.
        guard !found.isEmpty else { throw url.isPlain ? .scheme : .unresolvable }
        guard found.allSatisfy({ policy.permits($0, isPlain: url.isPlain) }) else {
            let isLocal = found.allSatisfy { policy.permits($0) }
            throw url.isPlain && isLocal ? .scheme : .address
        }
        return found
    }

    /// A client whose connections for that host go to that address.
    private func client(for target: Target) -> HTTPClient {
        let (client, dropped) = state.withLock { state -> (HTTPClient, HTTPClient?) in
            if let place = state.clients.firstIndex(where: { $0.target == target }) {
                let found = state.clients.remove(at: place)
                state.clients.append(found)
                return (found.client, nil)
            }
            let made = makeClient(for: target)
            state.clients.append((target, made))
            return (made, state.clients.count > Self.clientsMax ? state.clients.removeFirst().client : nil)
        }
        // A call that runs on it fails and is tried again: there are more servers than connections are kept for.
        if let dropped { Task { try? await dropped.shutdown() } }
        return client
    }

    private func makeClient(for target: Target) -> HTTPClient {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [target.host: "\(target.address)"]
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes all connections.
    package func shutdown() async {
        let clients = state.withLock { state in
            defer { state.clients = [] }
            return state.clients.map(\.client)
        }
        for client in clients { try? await client.shutdown() }
    }
}
