import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("The front door keeps HTTP's own rules", .serialized)
    struct FrontDoorTests {
        @Test("A representation has a tag: known, it is not sent again; changed, it is not overwritten")
        func conditionalRequests() throws {
            let node = try RunningNode.started()
            let id = try #require(try node.captured(Samples.document("conditional")).first)
            try node.settle([id])
            let first = try node.head("/records/\(id)")
            let tag = try #require(first["etag"])
            #expect(try node.request("GET", "/records/\(id)", headers: ["If-None-Match: \(tag)"]).status == 304)
            #expect(
                try node.request("GET", "/records/\(id)", headers: ["If-None-Match: \"other\", W/\(tag)"]).status == 304
            )
            #expect(try node.request("GET", "/records/\(id)", headers: ["If-None-Match: \"other\""]).status == 200)
            #expect(
                try node.request("GET", "/records/\(id)", headers: ["If-None-Match: other"]).problem == "bad-entity-tag"
            )
            let refused = try node.request("DELETE", "/records/\(id)", headers: ["If-Match: \"other\""])
            #expect(refused.status == 412 && refused.problem == "precondition-failed")
            #expect(try node.get("/records/\(id)").json["state"]?.string == "anchored")
            #expect(try node.request("DELETE", "/records/\(id)", headers: ["If-Match: \(tag)"]).status == 200)
            // The tag was of what is no longer there: a second writer who saw the same is told.
            #expect(try node.request("DELETE", "/records/\(id)", headers: ["If-Match: \(tag)"]).status == 412)
        }

        @Test("A key has one effect and one answer, also across a restart")
        func idempotency() throws {
            let node = try RunningNode.started()
            let document = Samples.document("idempotent")
            func send(_ key: String, _ body: [UInt8]) throws -> Reply {
                try node.request(
                    "POST", "/epcis/capture",
                    headers: ["Content-Type: application/ld+json", "Idempotency-Key: \(key)"], body: body)
            }
            let first = try send("key-1", document)
            #expect(first.status == 202)
            #expect(try send("key-1", document).body == first.body)
            #expect(try send("\"key-1\"", document).body == first.body)
            #expect(try send("key-2", document).json["captureID"] != first.json["captureID"])
            #expect(try send("key-1", Samples.document("other")).problem == "idempotency-key-reused")
            #expect(try send("a b", document).problem == "bad-parameter")
            let refused = try send("key-3", Array("{}".utf8))
            #expect(refused.status == 422)
            #expect(try send("key-3", Array("{}".utf8)).json["instance"] == refused.json["instance"])
            node.kill()
            try node.start()
            #expect(try send("key-1", document).body == first.body)
        }

        @Test("A hundred at once under one key: one effect, and every answer is the first one's or says to wait")
        func idempotencyRace() throws {
            let node = try RunningNode.started()
            let file = node.folder.appending(path: "race.jsonld")
            try Data(Samples.document("race", events: 3)).write(to: file)
            let output = try Tool.peer("race", node.address, node.authority, file.path, "100", node.keyFile.path)
            let answer = JSON(try JSONDocument(parsing: output).root)
            #expect(answer["jobs"] == .number("1"))
            #expect(answer["unexpected"]?.elements.isEmpty == true)
        }

        @Test("Bodies come in gzip and zstd, and answers go out so", arguments: ["gzip", "zstd"])
        func codings(_ coding: String) throws {
            let node = try RunningNode.started()
            let document = Samples.document("coded\(coding)", events: 50)
            let plain = node.folder.appending(path: "plain")
            try Data(document).write(to: plain)
            let packed = try Tool.run("/usr/bin/env", [coding, "-c", plain.path]).output
            func send(_ name: String, _ body: [UInt8]) throws -> Reply {
                try node.request(
                    "POST", "/epcis/capture",
                    headers: ["Content-Type: application/ld+json", "Content-Encoding: \(name)"], body: body)
            }
            let taken = try send(coding, packed)
            #expect(taken.status == 202)
            #expect(try node.capture(document).json["newRecords"] == .number("0"))
            #expect(try send(coding, Array(packed.dropLast(5))).problem == "undecodable-body")
            #expect(try send(coding, document).problem == "undecodable-body")
            #expect(try send("br", document).problem == "unsupported-coding")
            let bomb = node.folder.appending(path: "bomb")
            try Data(count: 64 << 20).write(to: bomb)
            let small = try Tool.run("/usr/bin/env", [coding, "-c", bomb.path]).output
            #expect(["compression-ratio", "too-large"].contains(try send(coding, small).problem))
            let job = try #require(taken.json["captureID"]?.string)
            let headers = try node.head("/epcis/capture/\(job)", ["Accept-Encoding: \(coding)"])
            #expect(headers["content-encoding"] == coding)
            #expect(headers["vary"]?.lowercased().contains("accept-encoding") == true)
            let whole = try Tool.run(
                "/usr/bin/curl",
                [
                    "-s", "--cacert", node.authority, "-H", "Accept-Encoding: \(coding)",
                    "-H", "Authorization: Bearer \(node.key)",
                    "\(node.address)/epcis/capture/\(job)", "-o", node.folder.appending(path: "answer").path,
                ])
            #expect(whole.status == 0)
            let unpacked = try Tool.run("/bin/sh", ["-c", "\(coding) -dc < \(node.folder.path)/answer"]).output
            let id = try JSONDocument(parsing: unpacked).root["captureID"]?.string
            #expect(id == job)
        }

        @Test("Methods, types and parameters that a path does not have are refused, with what it has")
        func methodsAndTypes() throws {
            let node = try RunningNode.started()
            for method in ["PUT", "PATCH", "DELETE", "TRACE"] {
                let reply = try node.request(method, "/status")
                #expect(reply.status == 405 && reply.problem == "method-not-allowed", "\(method)")
            }
            #expect(try node.head("/status", method: "OPTIONS")["allow"] == "GET, HEAD, OPTIONS")
            #expect(try node.head("/epcis/capture", method: "PUT")["allow"] == "GET, HEAD, POST, OPTIONS")
            #expect(try node.request("GET", "/status", headers: ["Accept: text/html"]).problem == "not-acceptable")
            #expect(try node.request("GET", "/status", headers: ["Accept: application/*"]).status == 200)
            let unknown = try node.get("/status?verbose=1")
            #expect(unknown.problem == "bad-parameter")
            #expect(unknown.json["violations"]?.elements.first?["pointer"]?.string == "/query/verbose")
            #expect(try node.get("/log/consistency?from=1&from=1&to=1").problem == "bad-parameter")
            #expect(try node.get("/no/such/path").problem == "no-such-route")
            let first = try node.head("/status")
            let second = try node.head("/no/such/path")
            #expect(first["x-request-id"] != nil && first["x-request-id"] != second["x-request-id"])
        }

        @Test("Tools find the contract, people a page, finders whom to tell")
        func wellKnown() throws {
            let node = try RunningNode()
            try node.start("--security-contact", "mailto:security@example.com")
            let catalog = try node.get("/.well-known/api-catalog")
            #expect(catalog.type.hasPrefix("application/linkset+json"))
            #expect(
                catalog.json["linkset"]?.elements.first?["service-desc"]?.elements.first?["href"] == "/openapi.json")
            let page = try node.get("/docs")
            #expect(page.status == 200 && page.type.hasPrefix("text/html") && page.text.contains("/records/{id}"))
            let contact = try node.get("/.well-known/security.txt")
            #expect(contact.text.hasPrefix("Contact: mailto:security@example.com\nExpires: 20"))
            node.stop()
            try node.start()
            #expect(try node.get("/.well-known/security.txt").status == 404)
        }

        @Test("Who asks too often is told when to come back")
        func rateLimit() throws {
            let node = try RunningNode()
            try node.start("--requests-per-second", "2")
            var refused: [String: String]?
            for _ in 0..<20 where refused == nil {
                let headers = try node.head("/status", method: "GET")
                if headers[":status"] == "429" { refused = headers }
            }
            #expect(refused?["retry-after"].flatMap { Int($0) } ?? 0 >= 1)
            try node.wait("a token") { try node.get("/status").status == 200 }
        }

        @Test("A body that comes too slowly on one stream of HTTP/2 gets 408 there, and the other streams go on")
        func slowBodyOnOneStream() throws {
            let node = try RunningNode()
            try node.start("--client-seconds", "2")
            let answer = JSON(
                try JSONDocument(
                    parsing: try Tool.peer(
                        "streams", node.address, node.authority, node.keyFile.path, "slow-body")
                ).root)
            #expect(answer["slow"]?["status"] == .number("408"), "\(answer)")
            #expect(answer["slow"]?["type"] == "urn:vivian:problem:body-timeout", "\(answer)")
            // Whoever would go on sending is told not to.
            #expect(answer["slow"]?["reset"] != .null, "\(answer)")
            #expect(answer["meanwhile"] == [.number("200")], "\(answer)")
            #expect(answer["afterwards"] == [.number("200"), .number("200"), .number("200")], "\(answer)")
            #expect(answer["over"] == .boolean(false) && answer["connectionField"] == .boolean(false), "\(answer)")
        }

        @Test("However a path is spelled, and whoever finds its route, the answer has the same fields")
        func sameFields() throws {
            let node = try RunningNode.started()
            let id = try #require(try node.captured(Samples.document("fields")).first)
            try node.settle([id])
            let usual: Set = [
                ":status", "date", "server", "x-request-id", "ratelimit", "ratelimit-policy", "content-type",
                "content-length", "etag", "cache-control",
            ]
            for path in [
                "/healthz", "/healthz?a=b", "/healthz/", "//healthz", "/status", "/st%61tus", "/records/\(id)",
            ] {
                let (whole, bare) = (try node.head(path, method: "GET"), try node.head(path))
                guard whole[":status"] == "200" else {
                    // What is no path, or has a query that is none of the contract's, is so for both.
                    #expect(whole[":status"] == bare[":status"] && whole["server"] == "vivian", "\(path)")
                    continue
                }
                #expect(Set(whole.keys) == usual, "\(path): \(whole.keys.sorted())")
                #expect(Set(bare.keys) == usual, "\(path): \(bare.keys.sorted())")
                #expect(whole["content-length"] == bare["content-length"], "\(path)")
                #expect(whole["server"] == "vivian" && whole["date"]?.hasSuffix(" GMT") == true, "\(path)")
            }
            #expect(try node.head("/status", method: "OPTIONS")["allow"] == "GET, HEAD, OPTIONS")
            #expect(try node.head("/status", method: "DELETE")[":status"] == "405")
            #expect(try node.head("/status", method: "DELETE")["server"] == "vivian")
            for fields in [try node.head("/nowhere", method: "GET"), try node.head("/status", method: "OPTIONS")] {
                #expect(fields["date"] != nil && fields["server"] == "vivian" && fields["x-request-id"] != nil)
            }
        }
    }
}

extension RunningNode {
    /// The fields of an answer by lower-case name, and its status as `:status`.
    func head(_ path: String, _ headers: [String] = [], method: String = "HEAD") throws -> [String: String] {
        var arguments = [
            "-s", "-S", "--max-time", "60", "--cacert", authority, "-D", "-", "-o", "/dev/null", "-H",
            "Authorization: Bearer \(key)",
        ]
        arguments += method == "HEAD" ? ["-I"] : ["-X", method]
        for header in headers { arguments += ["-H", header] }
        let result = try Tool.run("/usr/bin/curl", arguments + [address + path])
        guard result.status == 0 else { throw PeerFailure(peer: "curl", complaint: result.errors) }
        var fields: [String: String] = [:]
        for line in result.text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("HTTP/") {
                fields[":status"] = line.split(separator: " ").dropFirst().first.map(String.init)
            } else if let colon = line.firstIndex(of: ":") {
                fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                    in: .whitespaces)
            }
        }
        return fields
    }
}
