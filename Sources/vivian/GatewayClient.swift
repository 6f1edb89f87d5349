import ArgumentParser
import Codec
import Foundation
import HTTPClientKit

/// Options that every command shares.
struct DataOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: "The data folder.")
    var path = DataFolder.standardPath

    @Flag(help: "Print JSON for programs.")
    var json = false

    var folder: DataFolder { DataFolder(path) }
}

/// Options of commands that talk to a gateway.
struct ClientOptions: ParsableArguments {
    @OptionGroup var data: DataOptions

    @Option(help: "The gateway's address, such as https://127.0.0.1:8443; the data folder's own if left out.")
    var gateway: String?

    @Option(name: .customLong("ca"), help: "PEM file of the certificate authority to trust.")
    var authority: String?

    @Option(help: "File with an API key or access token; else VIVIAN_API_KEY, else the data folder's own.")
    var apiKeyFile: String?

    var json: Bool { data.json }

    /// What is shown to the gateway.
    ///
    /// The data folder's key is the administrator's: it is never sent to a gateway that --gateway names.
    private func credential() throws -> String? {
        if let apiKeyFile {
            guard let text = DataFolder.secretLine(URL(fileURLWithPath: apiKeyFile)) else {
                throw CommandFailure("\(apiKeyFile) cannot be read, or is empty")
            }
            return text
        }
        if let text = ProcessInfo.processInfo.environment["VIVIAN_API_KEY"], !text.isEmpty { return text }
        return gateway == nil ? data.folder.adminKey() : nil
    }

    /// Connects, does the work, and closes.
    func withClient<Value>(_ body: (GatewayClient) async throws -> Value) async throws -> Value {
        guard let base = gateway ?? data.folder.runningGateway() else {
            throw GatewayProblem(
                "no gateway runs on \(data.path); start one with `vivian start --data \(data.path)`, "
                    + "or name one with --gateway")
        }
        let own = data.folder.authority.path
        let roots = authority ?? (FileManager.default.fileExists(atPath: own) ? own : nil)
        let shown = try credential()
        let http = try HTTPSClient(base: base, rootsFile: roots)
        let result: Result<Value, any Error>
        do { result = .success(try await body(GatewayClient(http: http, credential: shown))) } catch {
            result = .failure(error)
        }
        await http.shutdown()
        return try result.get()
    }
}

/// A gateway, as the commands use it.
struct GatewayClient {
    let http: HTTPSClient
    /// An API key or access token.
    let credential: String?

    /// Sends a request; a problem document becomes a failure that says what the gateway said.
    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPReply {
        let authorization = credential.map { [("authorization", "Bearer \($0)")] } ?? []
        let reply = try await http.send(method, path, headers: headers + authorization, body: body)
        guard reply.status < 400 else { throw GatewayProblem(reply) }
        return reply
    }

    /// A JSON answer.
    func json(_ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil) async throws
        -> JSON
    {
        let reply = try await send(method, path, headers: headers, body: body)
        return JSON(try JSONDocument(parsing: reply.body).root)
    }
}

/// A problem document (RFC 9457) as a command prints it, or why there is none.
struct GatewayProblem: GatewayRefusal {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ reply: HTTPReply) {
        guard let root = try? JSONDocument(parsing: reply.body).root, let title = root["title"]?.string else {
            description = "the gateway answered \(reply.status)"
            return
        }
        var lines = ["\(title). \(root["detail"]?.string ?? "")"]
        for violation in root["violations"].map({ Array($0.elements) }) ?? [] {
            let place = violation["pointer"]?.string ?? ""
            lines.append(
                "  line \(violation["line"]?.numberLexeme ?? "?") \(place): \(violation["message"]?.string ?? "")")
        }
        description = lines.joined(separator: "\n")
    }
}

extension JSON {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var lexeme: String? { if case .number(let text) = self { text } else { nil } }
    var items: [JSON]? { if case .array(let items) = self { items } else { nil } }
    var isTrue: Bool { self == .boolean(true) }
}
