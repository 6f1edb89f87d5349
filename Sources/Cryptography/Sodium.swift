import CSodium

/// libsodium, initialised once before its first use.
enum Sodium {
    /// Touch before any call.
    ///
    /// A library that cannot start leaves us without random bytes: nothing may go on.
    static let ready: Void = {
        precondition(sodium_init() >= 0, "libsodium cannot be initialised")
    }()
}

/// Random bytes from the operating system.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.ready
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }
}
