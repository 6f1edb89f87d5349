import Codec
import Foundation

/// What commands print: text for people, or JSON for programs, a line each.
enum Output {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    static func json(_ json: JSON) { FileHandle.standardOutput.write(Data(json.serialized() + [0x0a])) }

    /// JSON as a gateway gave it.
    static func json(_ text: [UInt8]) { FileHandle.standardOutput.write(Data(text + [0x0a])) }

    /// Notes and progress, beside the answer.
    static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// A line that the next one overwrites, where a person is looking.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
    }

    static func endProgress() {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
    }
}
