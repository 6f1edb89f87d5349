import Codec
import Foundation

/// One of the Python programs in `Peers` that stays up and answers line by line.
final class LivePeer {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let name: String
    private var buffer: [UInt8] = []

    init(_ name: String, _ arguments: String...) throws {
        self.name = name
        let script = Tool.package.appending(path: "Tests/EndToEndTests/Peers/\(name).py").path
        process.executableURL = URL(fileURLWithPath: Tool.python)
        process.arguments = ["-W", "ignore", script] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// The next line that it prints.
    func line() throws -> JSON {
        while true {
            if let end = buffer.firstIndex(of: 0x0a) {
                let text = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return JSON(try JSONDocument(parsing: text).root)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw PeerFailure(peer: name, complaint: "it ended without an answer") }
            buffer += more
        }
    }

    /// Sends a line and waits for the answer.
    func ask(_ text: String) throws -> JSON {
        try input.fileHandleForWriting.write(contentsOf: Data((text + "\n").utf8))
        return try line()
    }
}
