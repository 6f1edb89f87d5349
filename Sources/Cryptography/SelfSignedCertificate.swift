/// An X.509 certificate of an Ed25519 key over itself (RFC 5280, RFC 8410), for links whose ends know each other by key.
///
/// It says nothing but the key: its times cover all times, its serial number and its key identifier come from the key,
/// and its signature is deterministic, so the same key has the same certificate always. It is written here rather than
/// by OpenSSL so that the secret stays in locked memory: only ``SigningKey/sign(_:)`` sees it.
package enum SelfSignedCertificate {
    /// The certificate as DER, under a common name of 1 to 64 bytes.
    package static func make(for key: SigningKey, commonName: String) throws(CertificateFailure) -> [UInt8] {
        guard case .ed25519(let publicKey) = key.publicKey else { throw .failed("the key is not an Ed25519 key") }
        guard (1...64).contains(commonName.utf8.count) else { throw .name(commonName) }
        let identifier = SHA256.hash(publicKey).bytes
        // RFC 5280 §4.1.2.2: positive, at most 20 bytes.
        let serial = [0x40 | identifier[0] & 0x3f] + identifier[1..<16]
        let name = element(
            .sequence,
            element(
                .set,
                element(.sequence, element(.objectIdentifier, [0x55, 0x04, 0x03]), element(.utf8, commonName.utf8)))
        )
        let content = element(
            .sequence,
            element(.version, element(.integer, [2])), element(.integer, serial), ed25519, name, validity, name,
            element(.sequence, ed25519, element(.bitString, [0] + publicKey)),
            element(.extensions, element(.sequence, basicConstraints, keyUsage, keyIdentifier(identifier.prefix(20)))))
        return element(.sequence, content, ed25519, element(.bitString, [0] + key.sign(content)))
    }

    /// DER tags (X.690) that a certificate needs.
    private enum Tag: UInt8 {
        case boolean = 0x01
        case integer = 0x02
        case bitString = 0x03
        case octetString = 0x04
        case objectIdentifier = 0x06
        case utf8 = 0x0c
        case utcTime = 0x17
        case generalizedTime = 0x18
        case sequence = 0x30
        case set = 0x31
        case version = 0xa0
        case extensions = 0xa3
    }

    /// 1.3.101.112 without parameters (RFC 8410 §3).
    private static var ed25519: [UInt8] { element(.sequence, element(.objectIdentifier, [0x2b, 0x65, 0x70])) }

    /// From 2020 to the end that means "none" (RFC 5280 §4.1.2.5).
    private static var validity: [UInt8] {
        element(
            .sequence, element(.utcTime, "200101000000Z".utf8), element(.generalizedTime, "99991231235959Z".utf8))
    }

    /// Critical, CA:FALSE.
    private static var basicConstraints: [UInt8] {
        element(
            .sequence, element(.objectIdentifier, [0x55, 0x1d, 0x13]), element(.boolean, [0xff]),
            element(.octetString, element(.sequence)))
    }

    /// Critical, digitalSignature.
    private static var keyUsage: [UInt8] {
        element(
            .sequence, element(.objectIdentifier, [0x55, 0x1d, 0x0f]), element(.boolean, [0xff]),
            element(.octetString, element(.bitString, [7, 0x80])))
    }

    private static func keyIdentifier(_ bytes: some Collection<UInt8>) -> [UInt8] {
        element(
            .sequence, element(.objectIdentifier, [0x55, 0x1d, 0x0e]),
            element(.octetString, element(.octetString, bytes)))
    }

    private static func element(_ tag: Tag, _ parts: [UInt8]...) -> [UInt8] { element(tag, parts.joined()) }

    /// Tag, length in the shortest form, content.
    private static func element(_ tag: Tag, _ content: some Collection<UInt8>) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            switch count {
            case ..<0x80: [UInt8(count)]
            case ..<0x100: [0x81, UInt8(count)]
            default: [0x82, UInt8(count >> 8), UInt8(count & 0xff)]
            }
        return [tag.rawValue] + length + content
    }
}
