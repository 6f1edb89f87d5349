import Codec
import Foundation
import Testing

/// A webhook receiver in Python, which checks signatures and events with libraries that are not ours.
struct Receiver {
    let peer: LivePeer
    let address: String

    /// `isPlain`: without TLS; else with the certificate of the node's folder.
    init(of node: RunningNode, isPlain: Bool = false) throws {
        let contract = Tool.package.appending(path: "schemas/openapi/gateway.json").path
        let tls = node.data.appending(path: "keys/tls")
        peer = try LivePeer(
            "receiver", contract, isPlain ? "-" : tls.appending(path: "server.pem").path,
            isPlain ? "-" : tls.appending(path: "server.key").path)
        let port = try peer.line()["port"]?.lexeme ?? ""
        address = isPlain ? "http://127.0.0.1:\(port)/hook" : "https://localhost:\(port)/hook"
    }

    func tell(_ words: String) throws { _ = try peer.ask(words) }

    /// Messages that came since it was last asked; waits until there are so many.
    func messages(_ count: Int, on node: RunningNode) throws -> [JSON] {
        var found: [JSON] = []
        try node.wait("\(count) messages") {
            found += try peer.ask("seen")["messages"]?.elements ?? []
            return found.count >= count
        }
        return found
    }
}

extension JSON {
    var lexeme: String? { if case .number(let text) = self { text } else { nil } }
}

extension EndToEnd {
    @Suite("Webhooks arrive signed, again and again until they are taken, and nowhere where they must not", .serialized)
    struct WebhookTests {
        /// A node that may call loopback.
        static func node() throws -> RunningNode {
            let node = try RunningNode()
            try ConfigurationTests.write(
                """
                {"webhooks":{"allowRanges":["127.0.0.0/8","::1/128"],"allowPlainLoopback":true,
                "roots":"keys/tls/ca.pem"}}
                """, to: node)
            return node
        }

        static func json(_ method: String, _ path: String, _ body: String, on node: RunningNode) throws -> Reply {
            try node.request(method, path, headers: ["Content-Type: application/json"], body: Array(body.utf8))
        }

        /// Makes a webhook; its id and what the receiver needs.
        static func add(_ url: String, on node: RunningNode, signing: String = "hmac", types: String = "[]") throws -> (
            id: String, key: String
        ) {
            let made = try json(
                "POST", "/webhooks", #"{"url":"\#(url)","signing":"\#(signing)","types":\#(types)}"#, on: node)
            #expect(made.status == 201, "\(made.text)")
            let key = made.json["secret"]?.string ?? made.json["publicKeys"]?.elements.first?.string
            return (try #require(made.json["id"]?.string), try #require(key))
        }

        static func deliveries(_ id: String, on node: RunningNode) throws -> [JSON] {
            try node.get("/webhooks/\(id)/deliveries?limit=1000").json["deliveries"]?.elements ?? []
        }

        static func isGood(_ message: JSON) -> Bool {
            message["errors"]?.elements.isEmpty == true && message["forgeable"] == .boolean(false)
                && message["signedBy"]?.elements.isEmpty == false && message["specversion"]?.string == "1.0"
        }

        @Test("A Python receiver takes captures, erasures, keys and pings, and the libraries find nothing wrong")
        func arrives() throws {
            let node = try Self.node()
            try node.start()
            let receiver = try Receiver(of: node)
            let webhook = try Self.add(receiver.address, on: node)
            try receiver.tell("key \(webhook.key)")
            let capture = try node.capture(Samples.document("hook", events: 3))
            let record = try #require(capture.json["records"]?.elements.first?.string)
            try node.settle([record])
            let captures = try receiver.messages(2, on: node)
            #expect(captures.allSatisfy(Self.isGood), "\(captures)")
            #expect(
                Set(captures.compactMap { $0["type"]?.string }) == [
                    "io.vivian.capture.accepted", "io.vivian.capture.anchored",
                ])
            #expect(captures.allSatisfy { $0["subject"] == capture.json["captureID"] })
            let bodies = captures.compactMap { $0["body"]?.string }.joined()
            #expect(!bodies.contains("sgtin") && !bodies.contains("4012345") && !bodies.contains(record))
            #expect(try node.request("DELETE", "/records/\(record)?reason=3").status == 200)
            let key = try Self.json("POST", "/api-keys", #"{"label":"words","scopes":["ledger:read"]}"#, on: node).json
            let id = try #require(key["id"]?.string)
            #expect(try node.request("DELETE", "/api-keys/\(id)").status == 200)
            #expect(try node.request("POST", "/webhooks/\(webhook.id)/ping").status == 202)
            let rest = try receiver.messages(4, on: node)
            #expect(rest.allSatisfy(Self.isGood), "\(rest)")
            #expect(
                Set(rest.compactMap { $0["type"]?.string }) == [
                    "io.vivian.record.erased", "io.vivian.api-key.created", "io.vivian.api-key.revoked",
                    "io.vivian.webhook.ping",
                ])
            let secret = key["key"]?.string ?? "-"
            #expect(!rest.contains { $0["body"]?.string?.contains(secret) ?? true })
            #expect(!rest.contains { $0["body"]?.string?.contains("words") ?? true })
            try node.wait("all noted") {
                try Self.deliveries(webhook.id, on: node).allSatisfy { $0["state"]?.string == "delivered" }
            }
            let metrics = try node.get("/metrics").text
            #expect(metrics.contains("vivian_webhook_deliveries_total 6"))
        }

        @Test("Ed25519 signatures, of both keys while one is replaced, and a secret that is nowhere on the disk")
        func keysAndRotation() throws {
            let node = try Self.node()
            try node.start()
            let receiver = try Receiver(of: node)
            let pair = try Self.add(receiver.address, on: node, signing: "ed25519")
            let shared = try Self.add(receiver.address, on: node)
            #expect(pair.key.hasPrefix("whpk_") && shared.key.hasPrefix("whsec_"))
            for (index, webhook) in [pair, shared].enumerated() {
                let rotated = try Self.json("POST", "/webhooks/\(webhook.id)/rotate", "{}", on: node)
                #expect(rotated.status == 200, "\(rotated.text)")
                let new = rotated.json["secret"]?.string ?? rotated.json["publicKeys"]?.elements.first?.string ?? ""
                #expect(new != webhook.key)
                try receiver.tell("key \(webhook.key) \(new)")
                _ = try node.request("POST", "/webhooks/\(webhook.id)/ping")
                let message = try #require(try receiver.messages(1, on: node).first)
                #expect(Self.isGood(message))
                #expect(message["signatures"] == .number("2"))
                #expect(message["signedBy"]?.elements == [.number("\(2 * index)"), .number("\(2 * index + 1)")])
                let none = try Self.json("POST", "/webhooks/\(webhook.id)/rotate", #"{"graceSeconds":0}"#, on: node)
                #expect(none.status == 200 && none.json["oldSecretUntil"]?.string == nil)
                _ = try node.request("POST", "/webhooks/\(webhook.id)/ping")
                let after = try #require(try receiver.messages(1, on: node).first)
                #expect(after["signatures"] == .number("1") && after["signedBy"]?.elements.isEmpty == true)
            }
            // Shown once: no later answer, no log and no file of the gateway has it.
            let secret = String(shared.key.dropFirst(6))
            let raw = Data(try #require(Base64.decode(secret)))
            for path in ["/webhooks", "/webhooks/\(shared.id)", "/audit?limit=1000"] {
                #expect(try !node.get(path).text.contains(secret), "\(path)")
            }
            #expect(!node.log.contains(secret))
            for name in try FileManager.default.contentsOfDirectory(atPath: node.gateway.path) {
                let data = try Data(contentsOf: node.gateway.appending(path: name))
                #expect(data.range(of: raw) == nil && data.range(of: Data(secret.utf8)) == nil, "\(name)")
            }
        }

        @Test("Killed between two attempts, the next process makes the next one, until the receiver takes it")
        func killedBetweenAttempts() throws {
            let node = try Self.node()
            try ClockTests.move(node, by: 0)
            try node.start()
            let receiver = try Receiver(of: node)
            let webhook = try Self.add(receiver.address, on: node, types: #"["io.vivian.capture.accepted"]"#)
            try receiver.tell("key \(webhook.key)")
            try receiver.tell("plan 500 503 200")
            let capture = try node.capture(Samples.document("killed"))
            var seen = try receiver.messages(1, on: node)
            // The pauses are 5 s and 5 min, each with up to a tenth more.
            for (attempt, skew) in [(1, 6), (2, 340)] {
                try node.wait("attempt \(attempt) noted") {
                    try Self.deliveries(webhook.id, on: node).first?["attempts"] == .number("\(attempt)")
                }
                node.kill()
                try ClockTests.move(node, by: skew)
                try receiver.tell("skew \(skew)")
                try node.start("--accept-clock")
                seen += try receiver.messages(1, on: node)
            }
            #expect(seen.count == 3 && seen.allSatisfy(Self.isGood), "\(seen)")
            #expect(Set(seen.compactMap { $0["id"]?.string }).count == 1)
            #expect(Set(seen.compactMap { $0["body"]?.string }).count == 1)
            #expect(seen.allSatisfy { $0["subject"] == capture.json["captureID"] })
            try node.wait("the end noted") {
                try Self.deliveries(webhook.id, on: node).first?["state"]?.string == "delivered"
            }
        }

        @Test("A redirect is not followed, a receiver that hangs holds up nobody, and what died is replayed")
        func receiversThatDoNot() throws {
            let node = try Self.node()
            try node.start()
            let (good, bad, hanging) = (
                try Receiver(of: node), try Receiver(of: node, isPlain: true), try Receiver(of: node, isPlain: true)
            )
            let webhook = try Self.add(good.address, on: node)
            let redirecting = try Self.add(bad.address, on: node)
            _ = try Self.add(hanging.address, on: node)
            try good.tell("key \(webhook.key)")
            try bad.tell("key \(redirecting.key)")
            try bad.tell("plan to=\(good.address)")
            try hanging.tell("plan hang")
            let records = try node.captured(Samples.document("redirect"))
            try node.settle(records)
            #expect(try good.messages(2, on: node).allSatisfy(Self.isGood))
            #expect(try bad.messages(1, on: node).allSatisfy(Self.isGood))
            try node.wait("the refusal") {
                try Self.deliveries(redirecting.id, on: node).first?["reason"]?.string?.contains("redirects") == true
            }
            #expect(try good.peer.ask("seen")["messages"]?.elements.isEmpty == true)
            // Gone for good: the webhook is off, and the delivery can be replayed.
            try bad.tell("plan 410")
            #expect(try node.request("POST", "/webhooks/\(redirecting.id)/ping").status == 202)
            try node.wait("off") { try node.get("/webhooks/\(redirecting.id)").json["enabled"] == .boolean(false) }
            #expect(try node.get("/webhooks/\(redirecting.id)").json["note"]?.string?.contains("410") == true)
            _ = try bad.peer.ask("seen")
            try bad.tell("plan 200")
            #expect(try node.vivian("webhooks", "enable", redirecting.id).status == 0)
            let replayed = try node.vivian("webhooks", "replay", redirecting.id, "--dead")
            #expect(replayed.status == 0 && replayed.text.hasPrefix("1 "), "\(replayed.text) \(replayed.errors)")
            #expect(try bad.messages(1, on: node).contains { $0["type"]?.string == "io.vivian.webhook.ping" })
            let all = try node.vivian("webhooks", "replay", webhook.id, "--since", "oldest")
            #expect(all.status == 0, "\(all.errors)")
            #expect(try good.messages(2, on: node).allSatisfy(Self.isGood))
        }

        @Test("Without the operator's word nothing inside is called")
        func refusedByDefault() throws {
            let node = try RunningNode.started()
            for url in [
                "https://127.0.0.1:8443/", "https://localhost:8443/", "https://[::1]:8443/", "https://127.1:8443/",
                "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://100.64.0.1/",
                "https://169.254.169.254/latest/", "https://0.0.0.0:8443/", "https://224.0.0.1/",
                "https://[fd00::1]/", "https://[fe80::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::a00:1]/",
                "https://[2002:a00:1::]/", "http://127.0.0.1:8080/", "http://example.com:8080/",
                "https://example.com:25/",
            ] {
                let reply = try Self.json("POST", "/webhooks", #"{"url":"\#(url)"}"#, on: node)
                #expect(reply.status == 422 && reply.problem == "address-refused", "\(url) \(reply.text)")
            }
            for url in ["https://user:pass@example.com/", "ftp://example.com/", "https://example.com/#a", ""] {
                let reply = try Self.json("POST", "/webhooks", #"{"url":"\#(url)"}"#, on: node)
                #expect(reply.status == 422 && reply.problem == "invalid-document", "\(url) \(reply.text)")
            }
            #expect(try node.get("/webhooks").json["webhooks"]?.elements.isEmpty == true)
        }

        @Test("The command line makes, shows, pings, lists and removes, and says when it cannot")
        func commands() throws {
            let node = try Self.node()
            try node.start()
            let receiver = try Receiver(of: node)
            let made = try node.vivian("webhooks", "add", receiver.address, "--type", "io.vivian.record.erased")
            #expect(made.status == 0 && made.text.hasPrefix("whsec_"), "\(made.errors)")
            let id = try #require(made.errors.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) })
            try receiver.tell("key \(made.text.trimmingCharacters(in: .newlines))")
            let ping = try node.vivian("webhooks", "ping", id)
            #expect(ping.status == 0 && ping.text.contains("delivered"), "\(ping.text) \(ping.errors)")
            #expect(try receiver.messages(1, on: node).allSatisfy(Self.isGood))
            try receiver.tell("plan 500")
            let refused = try node.vivian("webhooks", "ping", id)
            #expect(refused.status == 1 && refused.text.contains("answered 500"), "\(refused.text)")
            #expect(try node.vivian("webhooks", "list").text.contains("io.vivian.record.erased"))
            #expect(try node.vivian("webhooks", "show", id, "--json").text.contains("\"id\":\"\(id)\""))
            let pending = try node.vivian("webhooks", "deliveries", id, "--state", "pending")
            #expect(pending.text.contains("next at"))
            #expect(try node.vivian("webhooks", "disable", id).text.contains("off"))
            #expect(try node.vivian("webhooks", "rotate", id, "--grace-hours", "1").text.hasPrefix("whsec_"))
            #expect(try node.vivian("webhooks", "remove", id).status == 0)
            for gone in [["show", id], ["remove", id], ["ping", id], ["deliveries", id], ["enable", id]] {
                #expect(try Tool.run(Tool.vivian, ["webhooks"] + gone + ["--data", node.data.path]).status == 2)
            }
            #expect(try node.vivian("webhooks", "replay", id).status == 64)
            #expect(try node.vivian("webhooks", "add", "https://10.0.0.1/").status == 2)
            // Whoever has not looked changes nothing, not even what is not there.
            #expect(
                try node.request(
                    "PATCH", "/webhooks/\(id)", headers: ["Content-Type: application/merge-patch+json"],
                    body: Array("{}".utf8)
                ).status == 428)
            // Who did it stands in the audit log.
            let audit = try node.get("/audit?limit=1000").json["entries"]?.elements ?? []
            for (method, route) in [
                ("POST", "/webhooks"), ("PATCH", "/webhooks/{id}"), ("DELETE", "/webhooks/{id}"),
                ("POST", "/webhooks/{id}/ping"), ("POST", "/webhooks/{id}/rotate"),
            ] {
                #expect(
                    audit.contains { entry in
                        entry["method"]?.string == method && entry["route"]?.string == route
                            && entry["target"]?.string == id
                    }, "\(method) \(route)")
            }
            #expect(try node.vivian("audit").status == 0)
        }

        @Test("Two who read a webhook cannot both change it, whatever its deliveries do meanwhile")
        func lostUpdate() throws {
            let node = try Self.node()
            try node.start()
            let receiver = try Receiver(of: node)
            let id = try Self.add(receiver.address, on: node).id
            let path = "/webhooks/\(id)"
            func patch(_ body: String, _ fields: String...) throws -> Reply {
                try node.request(
                    "PATCH", path, headers: ["Content-Type: application/merge-patch+json"] + fields,
                    body: Array(body.utf8))
            }
            let (seen, before) = (try PreconditionTests.tag(node, path), try node.get(path).json)
            let blind = try patch(#"{"label":"blind"}"#)
            #expect(blind.status == 428 && blind.problem == "precondition-required")
            #expect(try patch(#"{"label":"other"}"#, "If-Match: \"other\"").status == 412)
            #expect(try patch(#"{"label":"weak"}"#, "If-Match: W/\(seen)").status == 412)
            // Failures and the place in the feed move; what was seen of the rest still holds.
            try receiver.tell("plan 500")
            try node.settle(try node.captured(Samples.document("moving")))
            try node.wait("a failure") { try node.get(path).json["failures"] != .number("0") }
            let moved = try node.get(path).json
            #expect(moved["cursor"] != before["cursor"])
            #expect(try PreconditionTests.tag(node, path) == seen)
            // So the tag alone says nothing of them: nobody is told that they have not moved.
            #expect(try node.request("GET", path, headers: ["If-None-Match: \(seen)"]).status == 200)
            let first = try patch(#"{"types":["io.vivian.record.erased"]}"#, "If-Match: \(seen)")
            #expect(first.status == 200 && first.json["types"] == ["io.vivian.record.erased"])
            let second = try patch(#"{"types":[],"label":"mine"}"#, "If-Match: \(seen)")
            #expect(second.status == 412 && second.problem == "precondition-failed")
            #expect(try node.request("DELETE", path, headers: ["If-Match: \(seen)"]).status == 412)
            let shown = try node.get(path).json
            #expect(shown["types"] == ["io.vivian.record.erased"] && shown["label"] == "")
            let tag = try PreconditionTests.tag(node, path)
            #expect(tag != seen)
            #expect(try patch(#"{"label":"mine"}"#, "If-Match: \(tag)").status == 200)
            #expect(try patch(#"{"enabled":false}"#, "If-Match: *").status == 200)
            let last = try PreconditionTests.tag(node, path)
            #expect(try node.request("DELETE", path, headers: ["If-Match: \(last)"]).status == 200)
        }
    }
}
