package import Consensus

/// Why a signer cannot be used, and what to do.
package struct SignerFailure: Error, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Nobody listens, or the connection ended.
        case unreachable
        /// No answer in time.
        case silent
        /// It answered that it will not.
        case refused(SignerRefusal)
        /// It answered what it was not asked, or with a signature that does not hold.
        case malformed
        /// The socket or its folder is not as it must be.
        case place
        /// The signer's own folder is not as it must be.
        case record
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
