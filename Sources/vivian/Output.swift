import Codec
import Foundation

/// What commands print: text for people, or JSON for programs, a line each.
///
/// As everywhere on Unix, a command whose reader goes away ends with it (`vivian events | head -n 1`), by SIGPIPE; one
/// whose answer cannot be written, as on a full disk, ends with an error.
enum Output {
    static func line(_ text: String) { bytes(Array((text + "\n").utf8)) }

    static func json(_ json: JSON) { bytes(json.serialized() + [0x0a]) }

    /// JSON as a gateway gave it.
    static func json(_ text: [UInt8]) { bytes(text + [0x0a]) }

    /// An answer that is no text, as it is.
    static func bytes(_ bytes: [UInt8]) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
            if reason.code == EPIPE {
                // The network library ignores the signal for its sockets.
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
            }
            note("Error: standard output: \(String(cString: strerror(Int32(reason.code))))")
            exit(1)
        }
    }

    /// Notes and progress, beside the answer.
    ///
    /// Where nobody reads them, the command goes on without.
    static func note(_ text: String) { beside(text + "\n") }

    /// A line that the next one overwrites, where a person is looking.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        beside("\r\u{1b}[K\(text)")
    }

    static func endProgress() {
        guard isatty(STDERR_FILENO) == 1 else { return }
        beside("\r\u{1b}[K")
    }

    private static func beside(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
