import ArgumentParser
import Codec
import Foundation
import GatewayClient

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
    func withClient<Value>(_ body: (GatewayConnection) async throws -> Value) async throws -> Value {
        guard let address = gateway ?? data.folder.runningGateway() else {
            throw NoGateway(
                description: "no gateway runs on \(data.path); start one with `vivian start --data \(data.path)`, "
                    + "or name one with --gateway")
        }
        let own = data.folder.authority.path
        let roots = authority ?? (FileManager.default.fileExists(atPath: own) ? own : nil)
        return try await GatewayConnection.with(address, authority: roots, credential: try credential(), body)
    }
}

/// A failure of a gateway's is told as the gateway's (exit status 2).
extension GatewayFailure: GatewayRefusal {}

/// No gateway to ask.
struct NoGateway: GatewayRefusal {
    let description: String
}

extension JSON {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var lexeme: String? { if case .number(let text) = self { text } else { nil } }
    var items: [JSON]? { if case .array(let items) = self { items } else { nil } }
    var isTrue: Bool { self == .boolean(true) }

    /// A member as people read it; empty where there is none.
    func text(_ name: String) -> String { self[name]?.string ?? self[name]?.lexeme ?? "" }
}
