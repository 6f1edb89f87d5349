import Foundation
import Glibc

/// A signer's folder with the process that runs on it.
final class RunningSigner: @unchecked Sendable {
    let folder: URL
    private var process: Process?
    private var logs = 0

    /// A signer beside a node's data folder.
    init(beside node: RunningNode) { folder = node.folder.appending(path: "signer") }

    deinit { kill() }

    var address: String { "unix:\(folder.path)/socket" }

    /// What all its runs have said.
    var log: String {
        (0..<logs).map { (try? String(contentsOf: Self.log($0, of: folder), encoding: .utf8)) ?? "" }.joined()
    }

    private static func log(_ number: Int, of folder: URL) -> URL {
        folder.deletingLastPathComponent().appending(path: "signer-\(number).log")
    }

    /// Starts the process and waits until it listens.
    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Tool.vivian)
        process.arguments = ["signer", "--data", folder.path, "--listen", address, "--log-level", "debug"]
        process.standardInput = FileHandle.nullDevice
        let file = Self.log(logs, of: folder)
        process.standardError = try Tool.handle(file)
        process.standardOutput = FileHandle.nullDevice
        logs += 1
        try process.run()
        self.process = process
        for _ in 0..<2_000 {
            if try String(contentsOf: file, encoding: .utf8).contains("listening") { return }
            guard process.isRunning else { break }
            usleep(10_000)
        }
        throw RunningNode.NotStarted(log: log)
    }

    /// Ends it as an operator does, and waits.
    @discardableResult
    func stop() -> Int32 { end(SIGTERM) }

    /// Ends it as a power cut does, and waits.
    func kill() { end(SIGKILL) }

    /// Stops and continues the process: it holds its socket and says nothing.
    func pause() { if let process { _ = Glibc.kill(process.processIdentifier, SIGSTOP) } }
    func resume() { if let process { _ = Glibc.kill(process.processIdentifier, SIGCONT) } }

    @discardableResult
    private func end(_ signal: Int32) -> Int32 {
        guard let process else { return 0 }
        if process.isRunning { _ = Glibc.kill(process.processIdentifier, signal) }
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }

    /// For each height, round and step the blocks that were signed there, by the signer's own word.
    var signed: [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for line in log.split(separator: "\n") {
            guard let match = line.firstMatch(of: /block=([0-9a-f]*) place=(.*) \[[A-Za-z]*\] signed/) else { continue }
            found[String(match.2), default: []].insert(String(match.1))
        }
        return found
    }
}
