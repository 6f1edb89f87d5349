import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("vivian.json is taken whole or refused with every problem", .serialized)
    struct ConfigurationTests {
        static func write(_ text: String, to node: RunningNode) throws {
            try Data(text.utf8).write(to: node.data.appending(path: "vivian.json"))
        }

        @Test("What it says is done, and a flag says otherwise")
        func isDone() throws {
            let node = try RunningNode()
            try Self.write(
                #"{"listen":"127.0.0.1:1","anonymous":{"scopes":["ledger:read"]},"keepBlocks":100}"#, to: node)
            try node.start()
            #expect(try node.request("GET", "/status", key: "").status == 200)
            #expect(try node.request("GET", "/metrics", key: "").status == 401)
            let record = String(repeating: "0", count: 64)
            #expect(try node.request("GET", "/records/\(record)", key: "").status == 401)
            #expect(try node.vivian("doctor").status == 0)
        }

        @Test("The sample in deploy/ is a configuration")
        func sample() throws {
            let node = try RunningNode()
            let text = try String(contentsOf: Tool.package.appending(path: "deploy/vivian.json"), encoding: .utf8)
            try Self.write(text, to: node)
            let file = node.data.appending(path: "partners.pem")
            try FileManager.default.copyItem(atPath: node.authority, toPath: file.path)
            try node.start()
            #expect(try node.get("/status").status == 200)
        }

        @Test(
            "What it cannot mean is refused at start, and the doctor says the same",
            arguments: [
                ("{", ["line 1"]), ("[]", ["the whole"]),
                (#"{"listen":1,"logLevel":"loud"}"#, ["/listen", "/logLevel"]),
                (#"{"lisen":"127.0.0.1:1"}"#, ["line 1"]),
                (#"{"listen":"a:1","listen":"b:2"}"#, ["line 1"]),
                (#"{"listen":"127.0.0.1:70000"}"#, ["/listen"]),
                (#"{"certificate":"x.pem"}"#, ["line 1"]),
                (
                    #"{"webhooks":{"allowRanges":["10.0.0.1/8","::/0","1/8"],"roots":"z.pem"}}"#,
                    ["/webhooks/allowRanges/0", "/webhooks/allowRanges/2", "z.pem cannot be read"]
                ),
                (
                    #"{"webhooks":{"allowRanges":["localhost"]},"events":{"keepDays":0,"keepCount":1.5}}"#,
                    ["/webhooks/allowRanges/0", "/events/keepDays", "/events/keepCount"]
                ),
                (
                    #"{"certificate":"x.pem","certificateKey":"y.pem"}"#,
                    ["x.pem cannot be read", "y.pem cannot be read"]
                ),
                (#"{"anonymous":{"scopes":["keys:manage"]}}"#, ["/anonymous/scopes/0"]),
                (
                    #"{"anonymous":{"scopes":["audit:read"],"tenant":"A"}}"#,
                    ["/anonymous/scopes/0", "/anonymous/tenant"]
                ),
                (#"{"roles":{"a":["everything"]}}"#, ["/roles/a/0"]),
                (
                    #"{"issuers":[{"issuer":"http://a.example","audiences":[],"tenant":"a"}]}"#,
                    ["/issuers/0/issuer", "/issuers/0/audiences"]
                ),
                (#"{"issuers":[{"issuer":"https://a.example","audiences":["g"]}]}"#, ["/issuers/0"]),
                (
                    #"{"issuers":[{"issuer":"https://a.example","audiences":["g"],"tenant":"a","tenantClaim":"b"}]}"#,
                    ["/issuers/0"]
                ),
                (
                    #"{"issuers":[{"issuer":"https://a.example","audiences":["g"],"tenant":"a","algorithms":["HS256","none"]}]}"#,
                    ["/issuers/0/algorithms/0", "/issuers/0/algorithms/1"]
                ),
                (
                    #"{"issuers":[{"issuer":"https://a.example","audiences":["g"],"tenant":"a","requireCertificate":true},{"issuer":"https://a.example","audiences":["g"],"tenant":"a","roots":"none.pem"}]}"#,
                    ["requireCertificate: clientRoots is needed", "stands here twice", "none.pem cannot be read"]
                ),
                (
                    #"{"issuers":[{"issuer":"https://user:secret@a.example","audiences":["g"],"tenant":"a"}]}"#,
                    ["/issuers/0/issuer"]
                ),
            ])
        func isRefused(text: String, words: [String]) throws {
            let node = try RunningNode()
            try Self.write(text, to: node)
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            let doctor = try node.vivian("doctor")
            #expect(doctor.status == 1)
            for word in words {
                #expect(error?.log.contains(word) == true, "\(word) in \(error?.log ?? "")")
                #expect(doctor.text.contains(word), "\(word) in \(doctor.text)")
            }
        }

        @Test("Other addresses than loopback need a certificate of their own")
        func otherAddresses() throws {
            let node = try RunningNode()
            let refused = try node.vivian("start", "--listen", "0.0.0.0:0")
            #expect(refused.status != 0 && refused.errors.contains("certificate"), "\(refused.errors)")
            try Self.write(
                #"{"certificate":"keys/tls/server.pem","certificateKey":"keys/tls/server.key"}"#, to: node)
            try node.start("--listen", "0.0.0.0:0")
            #expect(try node.request("GET", "/status", key: "").status == 401)
            #expect(try node.get("/status").status == 200)
        }
    }
}
