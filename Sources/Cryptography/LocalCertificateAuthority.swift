import COpenSSL

/// A certificate authority of one installation's own: P-256, for server certificates on names that it is given.
///
/// Certificates follow RFC 5280: version 3, random serial, basicConstraints, keyUsage, subject and authority key
/// identifiers; a server's carry extendedKeyUsage serverAuth and its names as subjectAltName.
package struct LocalCertificateAuthority {
    /// A certificate and its key as PEM.
    package struct Certificate {
        package let certificatePEM: [UInt8]
        package let privateKeyPEM: [UInt8]
    }

    package let certificatePEM: [UInt8]
    package let privateKeyPEM: [UInt8]

    /// Makes an authority under a common name of 1 to 64 bytes, valid between two times in seconds since 1970.
    package static func make(name: String, notBefore: Int64, notAfter: Int64) throws(CertificateFailure)
        -> LocalCertificateAuthority
    {
        let key = try unsafe newKey()
        defer { unsafe EVP_PKEY_free(key) }
        let certificate = try unsafe draft(name: name, key: key, notBefore: notBefore, notAfter: notAfter)
        defer { unsafe X509_free(certificate) }
        unsafe X509_set_issuer_name(certificate, X509_get_subject_name(certificate))
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
            (NID_key_usage, "critical,keyCertSign,cRLSign"),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
        ]
        try unsafe add(extensions, to: certificate, issuer: certificate)
        guard unsafe X509_sign(certificate, key, EVP_sha256()) > 0 else { throw .failed("sign") }
        return LocalCertificateAuthority(
            certificatePEM: try unsafe pem { unsafe PEM_write_bio_X509($0, certificate) },
            privateKeyPEM: try unsafe pem { unsafe PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
    }

    /// An authority made before.
    package init(certificatePEM: [UInt8], privateKeyPEM: [UInt8]) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }

    /// Issues a server certificate for DNS names and IP addresses; the first that fits is its common name too.
    ///
    /// - Throws: a name that is neither a DNS name nor an address, no name at all, or a failing step.
    package func issueServer(names: [String], notBefore: Int64, notAfter: Int64) throws(CertificateFailure)
        -> Certificate
    {
        guard !names.isEmpty else { throw .noName }
        for name in names where !Self.isPlain(name) { throw .name(name) }
        let authorityBIO = unsafe BIO_new_mem_buf(certificatePEM, Int32(certificatePEM.count))
        let keyBIO = unsafe BIO_new_mem_buf(privateKeyPEM, Int32(privateKeyPEM.count))
        defer {
            unsafe BIO_free(authorityBIO)
            unsafe BIO_free(keyBIO)
        }
        guard let authority = unsafe PEM_read_bio_X509(authorityBIO, nil, nil, nil) else { throw .failed("read CA") }
        defer { unsafe X509_free(authority) }
        guard let authorityKey = unsafe PEM_read_bio_PrivateKey(keyBIO, nil, nil, nil) else {
            throw .failed("read CA key")
        }
        defer { unsafe EVP_PKEY_free(authorityKey) }
        let key = try unsafe Self.newKey()
        defer { unsafe EVP_PKEY_free(key) }
        let certificate = try unsafe Self.draft(
            name: names.first { $0.utf8.count <= Self.commonNameBytesMax } ?? "server", key: key, notBefore: notBefore,
            notAfter: notAfter)
        defer { unsafe X509_free(certificate) }
        unsafe X509_set_issuer_name(certificate, X509_get_subject_name(authority))
        let alternatives = names.map { Self.isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }.joined(separator: ",")
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_alt_name, alternatives),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
        ]
        try unsafe Self.add(extensions, to: certificate, issuer: authority)
        guard unsafe X509_sign(certificate, authorityKey, EVP_sha256()) > 0 else { throw .failed("sign") }
        return Certificate(
            certificatePEM: try unsafe Self.pem { unsafe PEM_write_bio_X509($0, certificate) },
            privateKeyPEM: try unsafe Self.pem { unsafe PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
    }

    /// Upper bound of X.520 for a common name.
    private static let commonNameBytesMax = 64

    /// Letters, digits and the signs of DNS names and addresses: anything else could end a name in the extension's text
    /// and begin another one.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 253
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "*"),
                    UInt8(ascii: "_"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }

    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.allSatisfy { $0 == "." || $0.isNumber }
    }

    private static func newKey() throws(CertificateFailure) -> OpaquePointer {
        guard let elliptic = unsafe EC_KEY_new_by_curve_name(NID_X9_62_prime256v1),
            unsafe EC_KEY_generate_key(elliptic) == 1, let key = unsafe EVP_PKEY_new()
        else { throw .failed("key") }
        defer { unsafe EC_KEY_free(elliptic) }
        guard unsafe EVP_PKEY_set1_EC_KEY(key, elliptic) == 1 else { throw .failed("key") }
        return unsafe key
    }

    private static func draft(name: String, key: OpaquePointer, notBefore: Int64, notAfter: Int64)
        throws(CertificateFailure) -> OpaquePointer
    {
        guard (1...commonNameBytesMax).contains(name.utf8.count) else { throw .name(name) }
        guard let certificate = unsafe X509_new() else { throw .failed("new") }
        unsafe X509_set_version(certificate, 2)
        // 128 random bits, positive.
        var serial = SecureRandom.bytes(16)
        serial[0] = serial[0] & 0x7f | 0x40
        let number = unsafe BN_bin2bn(serial, 16, nil)
        unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
        unsafe BN_free(number)
        unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(notBefore))
        unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(notAfter))
        unsafe X509_set_pubkey(certificate, key)
        let subject = unsafe X509_get_subject_name(certificate)
        guard
            unsafe X509_NAME_add_entry_by_txt(
                subject, "CN", V_ASN1_UTF8STRING, Array(name.utf8), Int32(name.utf8.count), -1, 0) == 1
        else {
            unsafe X509_free(certificate)
            throw .failed("common name \(name)")
        }
        return unsafe certificate
    }

    private static func add(_ extensions: [(Int32, String)], to certificate: OpaquePointer, issuer: OpaquePointer)
        throws(CertificateFailure)
    {
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
        for (identifier, value) in extensions {
            guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
                throw .failed("extension \(value)")
            }
            unsafe X509_add_ext(certificate, made, -1)
            unsafe X509_EXTENSION_free(made)
        }
    }

    private static func pem(_ write: (OpaquePointer) -> Int32) throws(CertificateFailure) -> [UInt8] {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { throw .failed("buffer") }
        defer { unsafe BIO_free(output) }
        guard unsafe write(output) == 1 else { throw .failed("PEM") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe BIO_read(output, &chunk, Int32(chunk.count))
            guard count > 0 else { return bytes }
            bytes += chunk[..<Int(count)]
        }
    }
}

// Neither value shows its private key where it is printed or reflected, in a failing test for one.
extension LocalCertificateAuthority: CustomStringConvertible, CustomReflectable {
    package var description: String { "LocalCertificateAuthority" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension LocalCertificateAuthority.Certificate: CustomStringConvertible, CustomReflectable {
    package var description: String { "Certificate" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// A certificate could not be made: which step failed.
///
/// Never holds key material.
package enum CertificateFailure: Error, Equatable, Sendable {
    case failed(String)
    /// Neither a DNS name nor an IP address.
    case name(String)
    /// A server certificate without a name.
    case noName
}
