import Glibc
import NIOCore
import NIOPosix

extension Error {
    /// What an operator reads of a failure of the network library: the system's words where it has a number.
    var reason: String {
        switch self {
        case let error as IOError:
            // The text is the library's own, and is copied at once.
            unsafe String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first?.error.reason ?? "\(error.host) has no address"
        case is ChannelError: "no answer in time, or the channel has closed"
        default: "\(self)"
        }
    }
}
