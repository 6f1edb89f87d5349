import Cryptography
import Foundation
import Testing

/// Certificates are judged by the `openssl` command.
struct SelfSignedCertificateTests {
    static func key(_ byte: UInt8) throws -> SigningKey {
        try SigningKey(.edDSA, secret: [UInt8](repeating: byte, count: 32))
    }

    @Test func `openssl reads a certificate, believes its signature and finds the key`() throws {
        let key = try Self.key(7)
        guard case .ed25519(let publicKey) = key.publicKey else { return }
        try LocalCertificateAuthorityTests.withFolder { folder in
            let der = try SelfSignedCertificate.make(for: key, commonName: "node")
            try Data(der).write(to: folder.appending(path: "node.der"))
            func openssl(_ arguments: String...) throws -> (status: Int32, output: String) {
                try LocalCertificateAuthorityTests.openssl(arguments, in: folder)
            }
            #expect(try openssl("x509", "-inform", "DER", "-in", "node.der", "-out", "node.pem").status == 0)
            let text = try openssl("x509", "-in", "node.pem", "-noout", "-text").output
            for expected in [
                "Version: 3", "Signature Algorithm: ED25519", "Subject: CN = node", "Issuer: CN = node", "CA:FALSE",
                "Digital Signature", "Not Before: Jan  1 00:00:00 2020 GMT", "Not After : Dec 31 23:59:59 9999 GMT",
                "Subject Key Identifier",
            ] { #expect(text.contains(expected), "\(expected) is missing") }
            let verify = try openssl("verify", "-check_ss_sig", "-CAfile", "node.pem", "node.pem")
            #expect(verify.status == 0, "\(verify.output)")
            _ = try openssl("x509", "-in", "node.pem", "-noout", "-pubkey", "-out", "key.pem")
            _ = try openssl("pkey", "-pubin", "-in", "key.pem", "-outform", "DER", "-out", "key.der")
            #expect(Array(try Data(contentsOf: folder.appending(path: "key.der"))).suffix(32) == publicKey[...])
            // One bit of the signature, and it is no certificate any more.
            var broken = der
            broken[broken.count - 1] ^= 1
            try Data(broken).write(to: folder.appending(path: "node.der"))
            _ = try openssl("x509", "-inform", "DER", "-in", "node.der", "-out", "broken.pem")
            #expect(try openssl("verify", "-check_ss_sig", "-CAfile", "broken.pem", "broken.pem").status != 0)
        }
    }

    @Test func `a key has one certificate, and another key another one`() throws {
        let one = try SelfSignedCertificate.make(for: try Self.key(1), commonName: "n")
        #expect(try SelfSignedCertificate.make(for: try Self.key(1), commonName: "n") == one)
        #expect(try SelfSignedCertificate.make(for: try Self.key(2), commonName: "n") != one)
    }

    @Test(arguments: ["", String(repeating: "a", count: 65)]) func `a name that does not fit is refused`(_ name: String)
        throws
    {
        let key = try Self.key(1)
        #expect(throws: CertificateFailure.name(name)) { try SelfSignedCertificate.make(for: key, commonName: name) }
    }

    @Test(arguments: [COSEAlgorithm.es256, .es256K]) func `other keys are refused`(_ algorithm: COSEAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        #expect(throws: CertificateFailure.self) { try SelfSignedCertificate.make(for: key, commonName: "n") }
    }
}
