import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Access tokens of real authorization servers, and certificates of clients", .serialized)
    struct TokenTests {
        static let audience = "https://gateway.example/"

        static func issuer(_ address: String, _ more: String) -> String {
            #"{"issuers":[{"issuer":"\#(address)","audiences":["\#(audience)"],\#(more)}]}"#
        }

        @Test(
            "glewlwyd: client credentials, discovery, scopes and tenants",
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/glewlwyd")))
        func glewlwyd() throws {
            let node = try RunningNode()
            let server = try LivePeer("glewlwyd", node.folder.appending(path: "glewlwyd").path)
            let address = try #require(try server.line()["issuer"]?.string)
            try ConfigurationTests.write(
                Self.issuer(
                    address,
                    """
                    "tenantClaim":"client_id","tenants":{"orchard":"orchard"},
                    "scopes":{"partner.write":["records:capture","records:read"]},"scopeClaims":["scope"]
                    """), to: node)
            try node.start()
            let writer = try #require(try server.ask("partner.write")["token"]?.string)
            let reply = try node.request(
                "POST", "/epcis/capture", headers: ["Content-Type: application/ld+json"],
                body: Samples.document("glewlwyd"), key: writer)
            #expect(reply.status == 202, "\(reply.text)")
            let record = try #require(reply.json["records"]?.elements.first?.string)
            #expect(try node.request("GET", "/records/\(record)", key: writer).status == 200)
            // The record is the token's tenant's, not the administrator's.
            #expect(try node.get("/records/\(record)").status == 404)
            #expect(try node.request("GET", "/status", key: writer).status == 403)
            // A scope that the issuer's table does not name grants nothing, though it is spelled like one of ours.
            let reader = try #require(try server.ask("records:read")["token"]?.string)
            #expect(try node.request("GET", "/records/\(record)", key: reader).status == 403)
            #expect(try node.request("GET", "/records/\(record)", key: writer + "A").status == 401)
            let file = node.folder.appending(path: "token")
            try Data(writer.utf8).write(to: file)
            #expect(try node.vivian("record", record, "--api-key-file", file.path).status == 0)
        }

        @Test("oidc-provider-mock: discovery, rotation of its key, and forged tokens")
        func rotation() throws {
            let node = try RunningNode()
            let server = try LivePeer("issuer")
            let address = try #require(try server.line()["issuer"]?.string)
            try ConfigurationTests.write(
                "{\"roles\":{\"partner\":[\"ledger:read\"]},"
                    + Self.issuer(address, #""tenant":"mill","rolesClaim":"/realm/roles""#).dropFirst(), to: node)
            try node.start()
            let claims = #"{"aud":"\#(Self.audience)","sub":"worker","realm":{"roles":["partner"]}}"#
            func mint(_ what: String, _ claims: String) throws -> String {
                try #require(try server.ask("\(what) \(claims)")["token"]?.string)
            }
            func status(_ token: String) throws -> Int { try node.request("GET", "/status", key: token).status }
            let first = try mint("mint", claims)
            #expect(try status(first) == 200)
            #expect(try node.request("GET", "/metrics", key: first).status == 403)
            #expect(try status(try mint("forge", claims)) == 401)
            for wrong in [
                #"{"aud":"https://other.example/","sub":"worker"}"#, #"{"aud":"\#(Self.audience)"}"#,
                #"{"aud":"\#(Self.audience)","sub":"worker","exp":1}"#,
                #"{"aud":"\#(Self.audience)","sub":"worker","iss":"https://evil.example"}"#,
                #"{"aud":"\#(Self.audience)","sub":"worker","nbf":99999999999}"#,
                #"{"aud":"\#(Self.audience)","sub":"worker","cnf":{"jkt":"A"}}"#,
            ] {
                #expect(try status(try mint("mint", wrong)) == 401, "\(wrong)")
            }
            // After a rotation the new key is found, at the latest when a fetch is allowed again.
            _ = try server.ask("rotate")
            let second = try mint("mint", claims)
            #expect(second != first)
            try node.wait("the new key") { try status(second) == 200 }
            // The old token was checked before and holds until it expires; nobody gets a new one under the old key.
            #expect(try status(first) == 200)
        }

        /// An authority for clients, and certificates of it and of nobody: by openssl.
        struct Certificates {
            let folder: URL
            func path(_ name: String) -> String { folder.appending(path: name).path }

            init(in folder: URL) throws {
                self.folder = folder
                let script = """
                    set -e; cd "$1"
                    new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                        -subj "/CN=$1" -keyout $1.key -out $1.pem "${@:2}" 2>/dev/null; }
                    new authority; new rogue
                    for name in client other; do
                        new $name -CA authority.pem -CAkey authority.key -addext extendedKeyUsage=clientAuth \
                            -addext basicConstraints=critical,CA:FALSE
                    done
                    """
                var result = try Tool.run("/bin/bash", ["-c", script, "bash", folder.path])
                if result.status != 0 {
                    // OpenSSL before 3.2 cannot sign with another authority in one step.
                    result = try Tool.run("/bin/bash", ["-c", Self.inSteps, "bash", folder.path])
                }
                guard result.status == 0 else { throw PeerFailure(peer: "openssl", complaint: result.errors) }
            }

            private static let inSteps = """
                set -e; cd "$1"
                key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }
                for name in authority rogue; do
                    key $name; openssl req -x509 -new -key $name.key -days 2 -subj "/CN=$name" -out $name.pem
                done
                for name in client other; do
                    key $name; openssl req -new -key $name.key -subj "/CN=$name" -out $name.csr
                    openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
                        -out $name.pem 2>/dev/null
                done
                """

            /// `x5t#S256` as openssl and base64 see it.
            func thumbprint(_ name: String) throws -> String {
                let script =
                    "openssl x509 -in \"$1\" -outform DER | openssl dgst -sha256 -binary | base64 -w0 | tr '+/' '-_' | tr -d ="
                return try Tool.run("/bin/bash", ["-c", script, "bash", path("\(name).pem")]).text
            }

            func options(_ name: String) -> [String] {
                ["--cert", path("\(name).pem"), "--key", path("\(name).key")]
            }
        }

        @Test("A bound token counts only beside its certificate, over HTTP/1.1 and HTTP/2")
        func bound() throws {
            let node = try RunningNode()
            let certificates = try Certificates(in: node.folder)
            let server = try LivePeer("issuer")
            let address = try #require(try server.line()["issuer"]?.string)
            try ConfigurationTests.write(
                "{\"clientRoots\":\"\(certificates.path("authority.pem"))\","
                    + Self.issuer(address, #""tenant":"mill""#).dropFirst(), to: node)
            try node.start()
            let claims = #""aud":"\#(Self.audience)","sub":"worker","scope":"ledger:read""#
            let hash = try certificates.thumbprint("client")
            #expect(hash.count == 43)
            let token = try #require(
                try server.ask("mint {\(claims),\"cnf\":{\"x5t#S256\":\"\(hash)\"}}")["token"]?.string)
            let free = try #require(try server.ask("mint {\(claims)}")["token"]?.string)
            for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
                func ask(_ token: String, _ certificate: String?) throws -> Reply {
                    try node.request(
                        "GET", "/status", key: token,
                        options: [option] + (certificate.map(certificates.options) ?? []))
                }
                let good = try ask(token, "client")
                #expect(good.status == 200 && good.version == version, "\(good.text)")
                #expect(try ask(token, nil).problem == "invalid-token")
                #expect(try ask(token, "other").problem == "invalid-token")
                // The handshake fails: nobody here knows that authority.
                #expect(throws: PeerFailure.self) { try ask(token, "rogue") }
                #expect(throws: PeerFailure.self) { try ask(free, "rogue") }
                #expect(try ask(free, nil).status == 200)
                #expect(try ask(free, "other").status == 200)
                #expect(try ask("", "client").status == 401)
            }
        }

        @Test("Where a certificate is required, a token without one is refused")
        func required() throws {
            let node = try RunningNode()
            let certificates = try Certificates(in: node.folder)
            let server = try LivePeer("issuer")
            let address = try #require(try server.line()["issuer"]?.string)
            try ConfigurationTests.write(
                "{\"clientRoots\":\"\(certificates.path("authority.pem"))\","
                    + Self.issuer(address, #""tenant":"mill","requireCertificate":true"#).dropFirst(), to: node)
            try node.start()
            let claims = #""aud":"\#(Self.audience)","sub":"worker","scope":"ledger:read""#
            let free = try #require(try server.ask("mint {\(claims)}")["token"]?.string)
            let options = certificates.options("client")
            #expect(try node.request("GET", "/status", key: free, options: options).problem == "invalid-token")
            // API keys of the gateway's own are another matter.
            #expect(try node.get("/status").status == 200)
        }
    }
}
