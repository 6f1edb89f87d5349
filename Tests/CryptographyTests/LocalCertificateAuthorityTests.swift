import Cryptography
import Foundation
import Testing

/// Certificates are judged by the `openssl` command, not by the library that made them.
struct LocalCertificateAuthorityTests {
    static let begin: Int64 = 1_700_000_000
    static let end: Int64 = 2_000_000_000

    /// Runs `openssl` in a folder; its exit status and what it said.
    static func openssl(_ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    static func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-ca-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func `openssl accepts a server's certificate for its names only`() throws {
        try Self.withFolder { folder in
            let authority = try LocalCertificateAuthority.make(
                name: "Test CA", notBefore: Self.begin, notAfter: Self.end)
            let stored = LocalCertificateAuthority(
                certificatePEM: authority.certificatePEM, privateKeyPEM: authority.privateKeyPEM)
            let server = try stored.issueServer(
                names: ["gateway.example", "localhost", "127.0.0.1", "::1"], notBefore: Self.begin, notAfter: Self.end)
            try Data(authority.certificatePEM).write(to: folder.appending(path: "ca.pem"))
            try Data(server.certificatePEM).write(to: folder.appending(path: "server.pem"))
            func verify(_ more: String..., at time: Int64 = Self.begin + 1) throws -> Int32 {
                try Self.openssl(
                    ["verify", "-x509_strict", "-purpose", "sslserver", "-attime", String(time), "-CAfile", "ca.pem"]
                        + more + ["server.pem"], in: folder
                ).status
            }
            #expect(try verify() == 0)
            #expect(try verify("-verify_hostname", "gateway.example") == 0)
            #expect(try verify("-verify_hostname", "localhost") == 0)
            #expect(try verify("-verify_ip", "127.0.0.1") == 0)
            #expect(try verify("-verify_ip", "::1") == 0)
            #expect(try verify("-verify_hostname", "other.example") != 0)
            #expect(try verify("-verify_ip", "127.0.0.2") != 0)
            #expect(try verify(at: Self.begin - 1) != 0)
            #expect(try verify(at: Self.end + 1) != 0)
            // Another authority of the same name does not vouch for it.
            let other = try LocalCertificateAuthority.make(name: "Test CA", notBefore: Self.begin, notAfter: Self.end)
            try Data(other.certificatePEM).write(to: folder.appending(path: "ca.pem"))
            #expect(try verify() != 0)
        }
    }

    @Test func `a certificate says what it is for`() throws {
        try Self.withFolder { folder in
            let authority = try LocalCertificateAuthority.make(
                name: "Test CA", notBefore: Self.begin, notAfter: Self.end)
            let server = try authority.issueServer(names: ["a.example"], notBefore: Self.begin, notAfter: Self.end)
            let again = try authority.issueServer(names: ["a.example"], notBefore: Self.begin, notAfter: Self.end)
            #expect(server.certificatePEM != again.certificatePEM)
            try Data(authority.certificatePEM).write(to: folder.appending(path: "ca.pem"))
            try Data(server.certificatePEM).write(to: folder.appending(path: "server.pem"))
            let leaf = try Self.openssl(["x509", "-in", "server.pem", "-noout", "-text"], in: folder).output
            for expected in [
                "Version: 3", "CA:FALSE", "Digital Signature", "TLS Web Server Authentication", "DNS:a.example",
                "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier", "ecdsa-with-SHA256", "prime256v1",
            ] { #expect(leaf.contains(expected), "\(expected) is missing") }
            let root = try Self.openssl(["x509", "-in", "ca.pem", "-noout", "-text"], in: folder).output
            for expected in ["Version: 3", "CA:TRUE", "pathlen:0", "Certificate Sign", "X509v3 Subject Key Identifier"]
            {
                #expect(root.contains(expected), "\(expected) is missing")
            }
        }
    }

    @Test(arguments: [
        [], [""], ["a.example,IP:10.0.0.1"], ["a b"], ["ä.example"], ["999.1.1.1"], [":::1"], ["a\nb"],
        ["a.example", "x,y"],
    ])
    func `names that are none are refused`(names: [String]) throws {
        let authority = try LocalCertificateAuthority.make(name: "Test CA", notBefore: Self.begin, notAfter: Self.end)
        #expect(throws: CertificateFailure.self) {
            try authority.issueServer(names: names, notBefore: Self.begin, notAfter: Self.end)
        }
    }

    @Test(arguments: ["", String(repeating: "a", count: 65)])
    func `an authority's name has 1 to 64 bytes`(name: String) {
        #expect(throws: CertificateFailure.name(name)) {
            try LocalCertificateAuthority.make(name: name, notBefore: Self.begin, notAfter: Self.end)
        }
    }

    @Test func `no description holds a private key`() throws {
        let authority = try LocalCertificateAuthority.make(name: "Test CA", notBefore: Self.begin, notAfter: Self.end)
        let server = try authority.issueServer(names: ["a.example"], notBefore: Self.begin, notAfter: Self.end)
        var dumped = ""
        dump(authority, to: &dumped)
        dump(server, to: &dumped)
        #expect(
            "\(authority) \(String(reflecting: authority))" == "LocalCertificateAuthority LocalCertificateAuthority")
        #expect("\(server) \(String(reflecting: server))" == "Certificate Certificate")
        #expect(!dumped.contains("privateKey"))
    }

    @Test func `without its key an authority issues nothing`() throws {
        let authority = try LocalCertificateAuthority.make(name: "Test CA", notBefore: Self.begin, notAfter: Self.end)
        let broken = LocalCertificateAuthority(certificatePEM: authority.certificatePEM, privateKeyPEM: [1, 2])
        #expect(throws: CertificateFailure.self) {
            try broken.issueServer(names: ["a.example"], notBefore: Self.begin, notAfter: Self.end)
        }
    }
}
