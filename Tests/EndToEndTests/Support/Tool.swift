import Foundation
import TestSupport

/// A program that ran to its end.
struct ToolResult {
    let status: Int32
    let output: [UInt8]
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
}

/// Programs that the tests run, and where they are.
enum Tool {
    private static let environment = ProcessInfo.processInfo.environment

    /// The package's folder.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The binary under test: `VIVIAN_BIN`, else the one beside the test bundle, else the release build.
    static let vivian: String = {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "vivian")
        let candidates: [String?] = [
            environment["VIVIAN_BIN"], beside.path, package.appending(path: ".build/release/vivian").path,
        ]
        return candidates.compactMap(\.self).first { FileManager.default.isExecutableFile(atPath: $0) } ?? "vivian"
    }()

    /// The Python of `deploy/bootstrap`: `VIVIAN_PYTHON`, else `.build-python/bin/python`.
    static let python = environment["VIVIAN_PYTHON"] ?? package.appending(path: ".build-python/bin/python").path

    /// The independent checker beside the vectors, or nil.
    static let judges: URL? = {
        guard let folder = VectorFolder.root?.appending(path: "../judges").standardizedFileURL,
            FileManager.default.fileExists(atPath: folder.appending(path: "check").path)
        else { return nil }
        return folder
    }()

    /// Whether the suites run: a binary and Python are there, or their absence must fail.
    static var isReady: Bool {
        VectorFolder.isRequired
            || (FileManager.default.isExecutableFile(atPath: vivian)
                && FileManager.default.isExecutableFile(atPath: python))
    }

    /// Whether the independent checker can be asked as well.
    static var hasJudge: Bool { isReady && (VectorFolder.isRequired || judges != nil) }

    /// Runs a program to its end.
    ///
    /// Output goes through files, so that no pipe can fill.
    static func run(_ program: String, _ arguments: [String]) throws -> ToolResult {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-tool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (folder.appending(path: "out"), folder.appending(path: "err"))
        process.standardOutput = try handle(output)
        process.standardError = try handle(errors)
        try process.run()
        process.waitUntilExit()
        return ToolResult(
            status: process.terminationStatus, output: Array(try Data(contentsOf: output)),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    /// An empty file opened for writing.
    static func handle(_ file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    /// One of the Python programs in `Peers`; its output, or its complaint as an error.
    static func peer(_ name: String, _ arguments: String...) throws -> [UInt8] {
        let script = package.appending(path: "Tests/EndToEndTests/Peers/\(name).py").path
        let result = try run(python, [script] + arguments)
        guard result.status == 0 else { throw PeerFailure(peer: name, complaint: result.errors) }
        return result.output
    }
}

/// A Python program ended with an error of its own.
struct PeerFailure: Error {
    let peer: String
    let complaint: String
}
