/// Where a signer listens: `unix:PATH`.
///
/// A Unix domain socket alone: whom the folder lets in is the operating system's to enforce. Over TCP both sides would
/// have to prove themselves by pinned keys, and ``PeerNetwork``'s links, which do, carry a node's whole protocol.
package struct SignerAddress: Hashable, Sendable, CustomStringConvertible {
    /// What `sockaddr_un` takes, without the zero at its end.
    package static let pathBytesMax = 107

    package let path: String

    /// Reads `unix:PATH`; a relative path is below `folder`.
    package init?(_ text: String, in folder: String = "") {
        guard text.hasPrefix("unix:"), text.utf8.count > 5, !text.utf8.contains(0) else { return nil }
        let named = String(text.dropFirst(5))
        path = named.hasPrefix("/") || folder.isEmpty ? named : folder + "/" + named
        guard path.utf8.count <= Self.pathBytesMax else { return nil }
    }

    /// The folder that the socket is in.
    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package var description: String { "unix:" + path }
}
