import Cryptography
import NIOCore
import NIOSSL

/// The certificate that the client showed in its TLS handshake.
enum PeerCertificate {
    /// SHA-256 of its DER form (RFC 8705 §3.1: `x5t#S256`); nil where the client showed none.
    ///
    /// `channel`: the request's: a connection of HTTP/1.1, or a stream of HTTP/2, whose parent is the connection
    ///   that carries TLS.
    static func thumbprint(_ channel: any Channel) async -> [UInt8]? {
        var carrier: (any Channel)? = channel
        // A stream, its connection; the listener above carries no TLS.
        for _ in 0..<2 {
            guard let current = carrier else { return nil }
            if let shown = try? await current.nioSSL_peerCertificate().get() {
                return (try? shown.toDERBytes()).map { SHA256.hash($0).bytes }
            }
            carrier = current.parent
        }
        return nil
    }
}
