import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Certificates, protocol versions and methods", .serialized)
    struct ConnectionTests {
        /// A certificate authority and a server certificate that openssl made, not we.
        struct Certificates {
            let folder: URL
            var authority: String { folder.appending(path: "ca.pem").path }
            var certificate: String { folder.appending(path: "server.pem").path }
            var key: String { folder.appending(path: "server.key").path }

            init(below place: URL) throws {
                folder = place.appending(path: "certificates")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                let path = folder.path
                let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                func request(_ name: String, _ subject: String, _ more: [String]) throws {
                    let all =
                        ["req", "-x509"] + curve + ["-keyout", "\(path)/\(name).key", "-out", "\(path)/\(name).pem"]
                        + ["-days", "2", "-subj", subject] + more
                    let result = try Tool.run("/usr/bin/openssl", all)
                    guard result.status == 0 else { throw PeerFailure(peer: "openssl", complaint: result.errors) }
                }
                try request("ca", "/CN=Some authority", [])
                try request(
                    "server", "/CN=gateway",
                    [
                        "-CA", "\(path)/ca.pem", "-CAkey", "\(path)/ca.key", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    ])
            }
        }

        static func curl(_ arguments: String...) throws -> ToolResult {
            try Tool.run("/usr/bin/curl", ["-s", "-S", "--max-time", "20"] + arguments)
        }

        @Test("An operator's own certificate is shown, and the folder's own no more")
        func ownCertificate() throws {
            let node = try RunningNode()
            let own = try Certificates(below: node.folder)
            try node.start("--certificate", own.certificate, "--certificate-key", own.key)
            #expect(try Self.curl("--cacert", own.authority, node.address + "/healthz").status == 0)
            #expect(try Self.curl("--cacert", node.authority, node.address + "/healthz").status != 0)
            #expect(try node.vivian("status", "--ca", own.authority).status == 0)
            #expect(try node.vivian("status").status == 2)
        }

        @Test("Certificates that do not serve are refused before anything listens")
        func badCertificates() throws {
            let node = try RunningNode()
            let own = try Certificates(below: node.folder)
            let junk = node.folder.appending(path: "junk.pem").path
            try Data("no certificate".utf8).write(to: URL(fileURLWithPath: junk))
            let other = node.data.appending(path: "keys/tls/server.key").path
            for (certificate, key) in [
                (junk, own.key), (own.certificate, junk), ("/nowhere.pem", own.key), (own.certificate, "/nowhere.key"),
                (own.certificate, other),
            ] {
                let result = try node.vivian(
                    "start", "--listen", "127.0.0.1:0", "--certificate", certificate, "--certificate-key", key)
                #expect(result.status == 1 && !result.text.contains("listens on"), "\(certificate) \(key)")
                #expect(result.errors.contains("certificate"), "\(certificate) \(key): \(result.errors)")
            }
        }

        @Test("A port that is taken ends the start, and says so")
        func takenPort() throws {
            let first = try RunningNode.started()
            let port = first.address.split(separator: ":").last.map(String.init) ?? ""
            let second = try RunningNode()
            let result = try Tool.run(
                "/usr/bin/timeout",
                ["20", Tool.vivian, "start", "--data", second.data.path, "--listen", "127.0.0.1:\(port)"])
            #expect(result.status == 1, "124 is a process that hangs: \(result.errors)")
            #expect(result.errors.contains("cannot listen on 127.0.0.1:\(port)"), "\(result.errors)")
            // The folder is free again, and whole.
            try second.start()
            #expect(try second.get("/healthz").status == 200)
        }

        @Test("A gateway/ that is older than its ledger ends the start, and names what to restore")
        func olderGateway() throws {
            let node = try RunningNode.started()
            try node.settle(try node.captured(Samples.document("kept")))
            #expect(node.stop() == 0)
            let old = node.folder.appending(path: "old")
            try FileManager.default.copyItem(at: node.gateway, to: old)
            try node.start()
            try node.settle(try node.captured(Samples.document("lost", events: 3)))
            #expect(node.stop() == 0)
            try FileManager.default.removeItem(at: node.gateway)
            try FileManager.default.copyItem(at: old, to: node.gateway)
            let result = try Tool.run(
                "/usr/bin/timeout",
                ["20", Tool.vivian, "start", "--data", node.data.path, "--listen", "127.0.0.1:0"])
            #expect(result.status == 1, "124 is a process that hangs: \(result.errors)")
            #expect(result.errors.contains("restore the newest backup of gateway/"), "\(result.errors)")
        }

        @Test(
            "Keys of another ledger are refused at the start, and doctor names them",
            arguments: ["consensus", "receipt", "account"])
        func foreignKeys(name: String) throws {
            let (node, other) = (try RunningNode(), try RunningNode())
            let file = node.data.appending(path: "keys/\(name).key")
            try FileManager.default.removeItem(at: file)
            try FileManager.default.copyItem(at: other.data.appending(path: "keys/\(name).key"), to: file)
            let result = try node.vivian("start", "--listen", "127.0.0.1:0")
            #expect(result.status == 1 && result.errors.contains("keys/\(name).key"), "\(result.errors)")
            #expect(result.errors.contains("restore"), "\(result.errors)")
            #expect(try node.vivian("doctor").text.contains("FAIL  keys/\(name).key"))
        }

        @Test("A key file of other payloads is refused at the start, and the right one is taken again")
        func foreignRecordKeys() throws {
            let (node, other) = (try RunningNode.started(), try RunningNode())
            try node.settle(try node.captured(Samples.document("keys")))
            node.stop()
            let (file, kept) = (node.data.appending(path: "keys/records.keys"), node.folder.appending(path: "kept"))
            try FileManager.default.moveItem(at: file, to: kept)
            try FileManager.default.copyItem(at: other.data.appending(path: "keys/records.keys"), to: file)
            let result = try node.vivian("start", "--listen", "127.0.0.1:0")
            #expect(result.status == 1 && result.errors.contains("keys/records.keys"), "\(result.errors)")
            try FileManager.default.removeItem(at: file)
            try FileManager.default.moveItem(at: kept, to: file)
            try node.start()
            #expect(try node.get("/healthz").status == 200)
        }

        @Test("TLS 1.3 with HTTP/2 and HTTP/1.1; older TLS and plain HTTP are refused")
        func versions() throws {
            let node = try RunningNode.started()
            let target = node.address + "/healthz"
            for (option, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
                let result = try Self.curl(
                    "--cacert", node.authority, option, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", target)
                #expect(result.text == "\(version) 200")
            }
            #expect(try Self.curl("--cacert", node.authority, "--tls-max", "1.2", target).status != 0)
            #expect(try Self.curl(target).status != 0)
            let plain = target.replacingOccurrences(of: "https:", with: "http:")
            #expect(try Self.curl(plain).status != 0)
            #expect(try node.get("/healthz").status == 200)
        }

        @Test("HEAD answers as GET does, without a body", arguments: ["--http2", "--http1.1"])
        func head(option: String) throws {
            let node = try RunningNode.started()
            for (path, status) in [
                ("/status", "200"), ("/openapi.json", "200"), ("/nothing", "404"), ("/blocks/x", "400"),
                ("/transactions", "405"),
            ] {
                let result = try Self.curl(
                    "--cacert", node.authority, "-H", "Authorization: Bearer \(node.key)", option, "-I",
                    node.address + path)
                #expect(result.status == 0, "\(path): \(result.errors)")
                let lines = result.text.split(separator: "\r\n")
                #expect(lines.first?.contains(" \(status)") == true, "\(path): \(result.text)")
                let type = status == "200" ? "json" : "application/problem+json"
                #expect(lines.contains { $0.lowercased().hasPrefix("content-type:") && $0.contains(type) }, "\(path)")
            }
        }

        @Test("A ledger that has just begun has a checkpoint within two seconds, and says until then when to come back")
        func youngLedger() throws {
            let node = try RunningNode.started()
            let deadline = ContinuousClock.now + .seconds(2)
            var text = ""
            while text.isEmpty, ContinuousClock.now < deadline {
                let reply = try Self.curl(
                    "--cacert", node.authority, "-H", "Authorization: Bearer \(node.key)", "-i",
                    node.address + "/log/checkpoint"
                ).text
                if reply.hasPrefix("HTTP/2 200") {
                    text = reply.components(separatedBy: "\r\n\r\n").last ?? ""
                } else {
                    #expect(reply.hasPrefix("HTTP/2 503") && reply.lowercased().contains("retry-after: 1"), "\(reply)")
                }
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            try #require(lines.count >= 5, "\(text)")
            #expect(lines[0].hasPrefix("vivian-log:") && lines[1] == "1" && lines[3].isEmpty)
            // The one entry is the genesis.
            let entry = try node.get("/log/tile/entries/000.p/1").body
            #expect(Hex.encode(entry.dropFirst(2)) == (try node.status()["genesisHash"]?.string))
        }
    }
}
