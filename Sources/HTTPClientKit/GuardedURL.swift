import Foundation

/// A URL that somebody else named, taken apart once: what is checked is what is called.
package struct GuardedURL: Equatable, Sendable {
    package static let byteCountMax = 2_048

    package let isPlain: Bool
    /// In lower case; an IPv6 address without brackets.
    package let host: String
    package let port: Int
    /// Path and query as they were written.
    private let rest: String

    /// Everything that can be said without looking the name up.
    package init(_ text: String) throws(AddressPolicy.Refusal) {
        guard text.utf8.count <= Self.byteCountMax, text.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
            let parts = URLComponents(string: text), parts.user == nil, parts.password == nil, parts.fragment == nil,
            !text.contains("\\"), let scheme = parts.scheme?.lowercased(), let named = parts.percentEncodedHost,
            !named.isEmpty, !named.contains("%")
        else { throw .malformed }
        guard scheme == "https" || scheme == "http" else { throw .scheme }
        isPlain = scheme == "http"
        host = named.lowercased().filter { $0 != "[" && $0 != "]" }
        port = parts.port ?? (isPlain ? 80 : 443)
        guard AddressPolicy.permits(port: port) else { throw .port }
        let path = parts.percentEncodedPath
        rest = (path.hasPrefix("/") ? path : "/" + path) + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
        // Another reader must see the same host, or what is checked is not what is called.
        guard let again = URL(string: self.text)?.host, again.filter({ $0 != "[" && $0 != "]" }) == host else {
            throw .malformed
        }
    }

    /// The same URL, put together from its checked parts.
    package var text: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(isPlain ? "http" : "https")://\(shown):\(port)\(rest)"
    }
}
