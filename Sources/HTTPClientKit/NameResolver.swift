import Dispatch
import Glibc

/// Asks the system for the addresses of a host name.
enum NameResolver {
    /// Look-ups at a time: each holds a thread until the system answers.
    private static let queue = DispatchQueue(label: "vivian.http.names", attributes: .concurrent)

    /// Every address of a name, in the order in which the system would try them; none where it has none.
    ///
    /// A numeric host is read as the system reads it, also where it is written in a short form such as `127.1`.
    static func addresses(of host: String) async -> [IPAddress] {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: lookUp(host)) }
        }
    }

    private static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr, let known = IPAddress(UnsafePointer(address)),
                !found.contains(known)
            {
                found.append(known)
            }
            next = entry.pointee.ai_next
        }
        return found
    }
}
