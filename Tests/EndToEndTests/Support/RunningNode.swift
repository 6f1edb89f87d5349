import Codec
import Foundation
import Glibc

/// One data folder with the process that runs on it.
final class RunningNode: @unchecked Sendable {
    let folder: URL
    /// `https://127.0.0.1:PORT`; a restarted node listens on another port.
    private(set) var address = ""
    private var process: Process?
    /// A program and its arguments that start the node in its stead, such as one that enters another namespace.
    var launcher: [String] = []
    /// What the node's environment holds besides ours.
    var environment: [String: String] = [:]

    struct NotStarted: Error { let log: String }

    /// Makes a data folder in a fresh place.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "vivian-e2e-\(UUID().uuidString)")
        let made = try Tool.run(Tool.vivian, ["init", "--data", data.path])
        guard made.status == 0 else { throw NotStarted(log: made.errors) }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    var data: URL { folder.appending(path: "data") }
    var ledger: URL { data.appending(path: "ledger") }
    var gateway: URL { data.appending(path: "gateway") }
    var authority: String { data.appending(path: "keys/tls/ca.pem").path }
    /// The administrator's API key.
    var key: String {
        ((try? String(contentsOf: keyFile, encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }
    var keyFile: URL { data.appending(path: "keys/admin-api-key") }
    var log: String { (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? "" }

    /// A made and started node.
    static func started() throws -> RunningNode {
        let node = try RunningNode()
        try node.start()
        return node
    }

    /// Starts the process and waits until it says where it listens; the first line of `start --json` names it.
    func start(_ options: String...) throws { try start(options: options) }

    /// The same with a list of options.
    func start(options: [String]) throws {
        let output = folder.appending(path: "out")
        let process = Process()
        let words =
            launcher + [Tool.vivian, "start", "--data", data.path, "--listen", "127.0.0.1:0", "--json"] + options
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Tool.handle(output)
        process.standardError = try Tool.handle(folder.appending(path: "log"))
        try process.run()
        self.process = process
        for _ in 0..<3_000 {
            if let line = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").first,
                let root = try? JSONDocument(parsing: Array(line.utf8)).root, let text = root["gateway"]?.string
            {
                address = text
                return
            }
            guard process.isRunning else { throw NotStarted(log: log) }
            usleep(10_000)
        }
        throw NotStarted(log: "no address after 30 s\n" + log)
    }

    /// Ends it as an operator does, and waits.
    @discardableResult
    func stop() -> Int32 { end(SIGTERM) }

    /// Ends it as a power cut does, and waits.
    func kill() { end(SIGKILL) }

    /// The number of the process; that of the launcher where there is one.
    var processIdentifier: Int32 { process?.processIdentifier ?? 0 }

    var isRunning: Bool { process?.isRunning == true }

    /// Waits until it ends by itself, at most 60 s.
    func ended() throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(60)
        while isRunning {
            guard ContinuousClock.now < deadline else { throw NotStarted(log: "still runs after 60 s\n" + log) }
            usleep(10_000)
        }
        defer { process = nil }
        return process?.terminationStatus ?? 0
    }

    @discardableResult
    private func end(_ signal: Int32) -> Int32 {
        guard let process else { return 0 }
        if process.isRunning { _ = Glibc.kill(process.processIdentifier, signal) }
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }

    /// A command of the binary on this folder.
    func vivian(_ arguments: String...) throws -> ToolResult {
        try Tool.run(Tool.vivian, arguments + ["--data", data.path])
    }

    /// A command of the binary on no folder.
    func vivianAlone(_ arguments: String...) throws -> ToolResult { try Tool.run(Tool.vivian, arguments) }

    /// `GET /status`.
    func status() throws -> JSON { try get("/status").json }

    /// Entries in the record log, the genesis among them.
    func logSize() throws -> Int { try status()["logSize"]?.string.flatMap(Int.init) ?? -1 }

    func height() throws -> Int { try status()["height"]?.string.flatMap(Int.init) ?? -1 }

    /// Asks until it holds, at most 20 s.
    func wait(_ what: String, until condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if (try? condition()) == true { return }
            usleep(10_000)
        }
        throw NotStarted(log: "waited in vain for \(what)\n" + log)
    }
}
