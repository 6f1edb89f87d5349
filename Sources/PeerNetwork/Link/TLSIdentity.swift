import Cryptography
import NIOCore
import NIOSSL

/// The node's end of mutual TLS 1.3: its certificate, and how the other end's is judged.
///
/// No names and no authorities: a peer is whoever proves, in the handshake, to hold the key of its certificate. Both ends
/// offer and take Ed25519 signatures only, so a certificate of any other key does not get as far as being judged.
struct TLSIdentity: Sendable {
    let server: NIOSSLContext
    let client: NIOSSLContext

    init(nodeKey: SigningKey) throws {
        let own = PeerID(publicKey: try Self.rawKey(nodeKey))
        let der = try SelfSignedCertificate.make(for: nodeKey, commonName: "\(own)")
        let certificate = try NIOSSLCertificate(bytes: der, format: .der)
        let key = NIOSSLPrivateKey(customPrivateKey: LockedKey(key: nodeKey))
        server = try NIOSSLContext(
            configuration: Self.strict(
                .makeServerConfiguration(certificateChain: [.certificate(certificate)], privateKey: .privateKey(key))))
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = [.certificate(certificate)]
        configuration.privateKey = .privateKey(key)
        client = try NIOSSLContext(configuration: Self.strict(configuration))
    }

    private static func strict(_ given: TLSConfiguration) -> TLSConfiguration {
        var configuration = given
        configuration.minimumTLSVersion = .tlsv13
        configuration.maximumTLSVersion = .tlsv13
        configuration.verifySignatureAlgorithms = [.ed25519]
        configuration.signingSignatureAlgorithms = [.ed25519]
        // Asks for a certificate and fails without one; the judgement itself is ours.
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        // How long a goodbye waits for the other end's.
        configuration.shutdownTimeout = .milliseconds(500)
        return configuration
    }

    private static func rawKey(_ key: SigningKey) throws -> [UInt8] {
        guard case .ed25519(let publicKey) = key.publicKey else {
            throw CertificateFailure.failed("the node key is not an Ed25519 key")
        }
        return publicKey
    }

    /// Who presents these certificates: exactly one, of an Ed25519 key; else why nobody.
    static func identify(_ certificates: [NIOSSLCertificate]) -> Result<PeerID, Unproven> {
        guard certificates.count == 1 else {
            return .failure(Unproven(reason: "\(certificates.count) certificates, 1 is expected"))
        }
        guard let info = try? certificates[0].extractPublicKey().toSPKIBytes(), info.count == 44,
            info.starts(with: ed25519Prefix)
        else { return .failure(Unproven(reason: "the certificate's key is not an Ed25519 key")) }
        return .success(PeerID(publicKey: Array(info[12...])))
    }

    /// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]
}

/// Why a certificate proves nobody.
struct Unproven: Error, Hashable, Sendable { let reason: String }

/// The node key as TLS uses it: it signs where it lies, in locked memory.
private struct LockedKey: NIOSSLCustomPrivateKey, Hashable {
    let key: SigningKey

    var signatureAlgorithms: [SignatureAlgorithm] { [.ed25519] }

    func sign(channel: any Channel, algorithm: SignatureAlgorithm, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        guard algorithm == .ed25519 else {
            return channel.eventLoop.makeFailedFuture(Unproven(reason: "only Ed25519 signs"))
        }
        return channel.eventLoop.makeSucceededFuture(ByteBuffer(bytes: key.sign(Array(data.readableBytesView))))
    }

    func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeFailedFuture(Unproven(reason: "TLS 1.3 decrypts nothing with a certificate's key"))
    }

    static func == (left: LockedKey, right: LockedKey) -> Bool { left.key === right.key }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(key)) }
}
