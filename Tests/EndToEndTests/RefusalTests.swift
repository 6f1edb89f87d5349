import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Bad input is answered with a problem document, and nothing is stored", .serialized)
    struct RefusalTests {
        /// A request that must be refused.
        struct Case: CustomTestStringConvertible, Sendable {
            let name: String
            let status: Int
            let problem: String
            let type: String
            let body: @Sendable () -> [UInt8]
            var testDescription: String { name }

            init(
                _ name: String, _ status: Int, _ problem: String, type: String = "application/ld+json",
                _ body: @escaping @Sendable () -> [UInt8]
            ) {
                self.name = name
                self.status = status
                self.problem = problem
                self.type = type
                self.body = body
            }
        }

        static let good = String(decoding: Samples.document("refused"), as: UTF8.self)

        static func changed(_ old: String, _ new: String) -> [UInt8] {
            Array(good.replacingOccurrences(of: old, with: new).utf8)
        }

        static let json: [Case] = [
            Case("an empty body", 400, "unreadable-document") { [] },
            Case("a torn document", 400, "unreadable-document") { Array(good.utf8.dropLast(7)) },
            Case("text after the document", 400, "unreadable-document") { Array((good + "x").utf8) },
            Case("a duplicate key", 400, "unreadable-document") {
                changed("\"type\":\"EPCIS", "\"type\":\"a\",\"type\":\"EPCIS")
            },
            Case("a duplicate key spelled with an escape", 400, "unreadable-document") {
                changed("\"type\":\"EPCIS", "\"t\\u0079pe\":\"a\",\"type\":\"EPCIS")
            },
            Case("bytes that are not UTF-8", 400, "unreadable-document") {
                Array(good.utf8).map { $0 == UInt8(ascii: "O") ? 0xff : $0 }
            },
            Case("half a surrogate pair", 400, "unreadable-document") { changed("shipping", "\\ud800") },
            Case("UTF-16", 400, "unreadable-document") {
                Array(good.utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
            },
            Case("deep nesting", 400, "unreadable-document") {
                changed("\"shipping\"", String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000))
            },
            Case("a number that is none", 400, "unreadable-document") { changed("\"2.0\"", "01") },
            Case("a comment", 400, "unreadable-document") { Array(("/* */" + good).utf8) },
            Case("JSON that is no document", 422, "invalid-document") { Array("[1,2]".utf8) },
            Case("an unknown event type", 422, "invalid-document") { changed("ObjectEvent", "ObjectHappening") },
            Case("a missing member", 422, "invalid-document") { changed("\"action\":\"OBSERVE\",", "") },
            Case("a wrong action", 422, "invalid-document") { changed("OBSERVE", "LOOK") },
            Case("a time that is none", 422, "invalid-document") {
                changed("2026-05-01T08:00:00.000Z\",\"eventTimeZ", "noon\",\"eventTimeZ")
            },
            Case("an EPC that is no URI", 422, "invalid-document") { changed("urn:epc:id:", "no such ") },
            Case("no media type", 415, "unsupported-media-type", type: "") { Array(good.utf8) },
            Case("an unknown media type", 415, "unsupported-media-type", type: "text/csv") { Array(good.utf8) },
            Case("an unknown JSON type", 415, "unsupported-media-type", type: "application/problem+json") {
                Array(good.utf8)
            },
            Case("too large a body", 413, "too-large") {
                Array(good.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: 17 << 20)
            },
            Case("too many events", 413, "too-many-events") { Samples.document("many", events: 10_001) },
        ]

        static let xml: [Case] = [
            Case("XML cut short", 400, "unreadable-document", type: "application/xml") { Array("<a><b></a>".utf8) },
            Case("XML with a DOCTYPE", 400, "unreadable-document", type: "application/xml") {
                Array("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>".utf8)
            },
            Case("an outside entity", 400, "unreadable-document", type: "text/xml") {
                Array("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>".utf8)
            },
            Case("an entity bomb", 400, "unreadable-document", type: "application/xml") {
                var text = "<!DOCTYPE a [<!ENTITY l0 \"lol\">"
                for level in 1..<12 {
                    text += "<!ENTITY l\(level) \"" + String(repeating: "&l\(level - 1);", count: 10) + "\">"
                }
                return Array((text + "]><a>&l11;</a>").utf8)
            },
            Case("deep XML", 400, "unreadable-document", type: "application/xml") {
                Array((String(repeating: "<a>", count: 5_000) + String(repeating: "</a>", count: 5_000)).utf8)
            },
            Case("XML that is not in its encoding", 400, "unreadable-document", type: "application/xml") {
                Array("<a>".utf8) + [0xff, 0xfe, 0x41] + Array("</a>".utf8)
            },
            Case("XML in an encoding that few know", 400, "unreadable-document", type: "text/xml") {
                Array("<?xml version=\"1.0\" encoding=\"IBM037\"?><a/>".utf8)
            },
            Case("a parameter entity", 400, "unreadable-document", type: "application/xml") {
                Array("<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/x\"> %x;]><a/>".utf8)
            },
            Case("an entity that nobody declared", 400, "unreadable-document", type: "application/xml") {
                Array("<a>&nothing;</a>".utf8)
            },
            Case("an attribute given twice", 400, "unreadable-document", type: "application/xml") {
                Array("<a b=\"1\" b=\"2\"/>".utf8)
            },
            Case("no XML at all", 400, "unreadable-document", type: "application/xml") { [] },
            Case("too large an XML body", 413, "too-large", type: "application/xml") {
                Array("<a>".utf8) + [UInt8](repeating: UInt8(ascii: " "), count: 17 << 20)
            },
            Case("XML that is no document", 422, "invalid-document", type: "application/xml") { Array("<a/>".utf8) },
            Case("JSON called XML", 400, "unreadable-document", type: "application/xml") { Array(good.utf8) },
        ]

        @Test("Captures that cannot be taken")
        func capturesAreRefused() throws {
            let node = try RunningNode.started()
            let size = try node.logSize()
            for bad in Self.json + Self.xml {
                let reply = try node.capture(bad.body(), type: bad.type)
                #expect(reply.status == bad.status, "\(bad.name): \(reply.text.prefix(300))")
                #expect(reply.problem == bad.problem, "\(bad.name): \(reply.text.prefix(300))")
                // A person reads it: no type of ours, no debug text.
                let words = reply.json["detail"]?.string ?? ""
                #expect(
                    words.firstMatch(of: /\w\(\w+:|\b[A-Z]\w+\.[A-Z]\w+/) == nil, "\(bad.name): \(words)")
                if ["unreadable-document", "invalid-document"].contains(bad.problem) {
                    let violation = try #require(reply.json["violations"]?.elements.first, "\(bad.name)")
                    #expect(violation["pointer"]?.string != nil, "\(bad.name)")
                    #expect(violation["message"]?.string?.isEmpty == false, "\(bad.name)")
                    guard case .number(let line)? = violation["line"] else {
                        Issue.record("\(bad.name): no line")
                        continue
                    }
                    #expect(Int(line) ?? 0 >= 1, "\(bad.name)")
                }
            }
            usleep(300_000)
            #expect(try node.logSize() == size)
            #expect(try node.get("/readyz").status == 200)
        }

        @Test("A broken schema is named by JSON pointer and line")
        func violationsSayWhere() throws {
            let node = try RunningNode.started()
            let text = """
                {
                  "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                  "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-05-01T08:00:00.000Z",
                  "epcisBody": { "eventList": [
                    {
                      "type": "ObjectEvent", "eventTime": "2026-05-01T08:00:00.000Z", "eventTimeZoneOffset": "+00:00",
                      "epcList": ["urn:epc:id:sgtin:4012345.022222.1"],
                      "action": "LOOK"
                    } ] } }
                """
            let reply = try node.capture(Array(text.utf8))
            #expect(reply.status == 422 && reply.problem == "invalid-document")
            let places = reply.json["violations"]?.elements ?? []
            #expect(
                places.contains {
                    $0["pointer"]?.string == "/epcisBody/eventList/0/action" && $0["line"] == .number("8")
                },
                "\(reply.text)")
        }

        @Test("A broken XML schema is named by path and line")
        func xmlViolationsSayWhere() throws {
            let node = try RunningNode.started()
            let size = try node.logSize()
            for file in Samples.tourXML {
                let text = String(decoding: try Samples.bytes(file), as: UTF8.self)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                let index = try #require(lines.firstIndex { $0.contains("<action>") }, "\(file.lastPathComponent)")
                let broken = text.replacing(/<action>\w+<\/action>/, with: "<action>LOOK</action>")
                let reply = try node.capture(Array(broken.utf8), type: "application/xml")
                #expect(reply.status == 422 && reply.problem == "invalid-document", "\(reply.text)")
                let places = reply.json["violations"]?.elements ?? []
                #expect(
                    places.contains {
                        $0["pointer"]?.string?.hasSuffix("/action") == true && $0["line"] == .number("\(index + 1)")
                    }, "\(reply.text)")
            }
            usleep(300_000)
            #expect(try node.logSize() == size)
        }

        @Test("The same event again is the same record, whatever its spelling")
        func captureIsIdempotent() throws {
            let node = try RunningNode.started()
            let body = Samples.document("again", events: 2)
            let first = try node.capture(body)
            #expect(first.json["newRecords"] == .number("2"))
            let records = first.json["records"]?.elements.compactMap(\.string) ?? []
            try node.settle(records)
            let size = try node.logSize()
            let spaced = String(decoding: body, as: UTF8.self).replacingOccurrences(of: ",", with: " ,\n ")
            for again in [body, Array(spaced.utf8)] {
                let reply = try node.capture(again)
                #expect(reply.status == 202)
                #expect(reply.json["newRecords"] == .number("0"))
                #expect(reply.json["records"]?.elements.compactMap(\.string) == records)
            }
            let twice = String(decoding: Samples.document("twin"), as: UTF8.self)
            let event = twice[twice.range(of: "[{")!.upperBound...].dropLast(3)
            let pair = try node.capture(Samples.document(eventList: "{\(event),{\(event)"))
            #expect(Set(pair.json["records"]?.elements.compactMap(\.string) ?? []).count == 1, "\(pair.text)")
            #expect(pair.json["newRecords"] == .number("1"))
            usleep(500_000)
            #expect(try node.logSize() == size + 1)
        }

        @Test("Unknown routes and malformed parameters")
        func parametersAreChecked() throws {
            let node = try RunningNode.started()
            let id = String(repeating: "0", count: 64)
            try node.settle(try node.captured(Samples.document("first")))
            let size = try node.logSize()
            let cases: [(String, String, Int, String)] = [
                ("GET", "/", 404, "no-such-route"),
                ("GET", "/nothing", 404, "no-such-route"),
                ("GET", "/record", 404, "no-such-route"),
                ("GET", "/epcis/capture/../../status/x", 404, "no-such-route"),
                ("GET", "/epcis/capture/\(id.prefix(32))", 404, "not-found"),
                ("GET", "/epcis/capture/xyz", 400, "bad-parameter"),
                ("GET", "/records/\(id)", 404, "not-found"),
                ("GET", "/records/\(id)/receipt", 404, "not-found"),
                ("GET", "/records/\(id)/bundle", 404, "not-found"),
                ("DELETE", "/records/\(id)", 404, "not-found"),
                ("GET", "/records/\(id.dropLast())", 400, "bad-parameter"),
                ("GET", "/records/\(id.dropLast())A", 400, "bad-parameter"),
                ("GET", "/records/\(id)/receipt?validator=12", 400, "bad-parameter"),
                ("GET", "/records/\(id)/bundle?receipts=maybe", 400, "bad-parameter"),
                ("GET", "/records/\(id)/bundle?trusted=12", 400, "bad-parameter"),
                ("GET", "/state/nowhere/bG9n", 400, "bad-parameter"),
                ("GET", "/state/anchor/b*", 400, "bad-parameter"),
                ("GET", "/state/anchor/bG9n?height=-1", 400, "bad-parameter"),
                ("GET", "/state/anchor/bG9n?height=01", 400, "bad-parameter"),
                ("GET", "/state/anchor/bG9n?height=99999999999999999999", 400, "bad-parameter"),
                ("GET", "/state/anchor/bG9n?prove=1", 400, "bad-parameter"),
                ("GET", "/state/anchor/bG9n?height=4000000", 404, "not-yet"),
                ("GET", "/state/anchor/bG9n?prove=true&trusted=\(id)", 404, "unknown-trusted-set"),
                ("GET", "/blocks/x", 400, "bad-parameter"),
                ("GET", "/blocks/4000000", 404, "not-found"),
                ("GET", "/transactions/\(id)", 404, "not-found"),
                ("GET", "/transactions/12", 400, "bad-parameter"),
                ("GET", "/log/consistency", 400, "bad-parameter"),
                ("GET", "/log/consistency?from=0&to=1", 400, "bad-parameter"),
                ("GET", "/log/consistency?from=2&to=1", 404, "not-found"),
                ("QUERY", "/status", 405, "method-not-allowed"),
                ("BREW", "/status", 501, "unknown-method"),
                ("BREW", "/nowhere", 501, "unknown-method"),
                ("GET", "/log/tile/9/000", 400, "bad-parameter"),
                ("GET", "/log/tile/0/0", 400, "bad-parameter"),
                ("GET", "/log/tile/0/x000/000", 400, "bad-parameter"),
                ("GET", "/log/tile/0/000.p/256", 400, "bad-parameter"),
            ]
            for (method, path, status, problem) in cases {
                let reply = try node.request(method, path)
                #expect(
                    reply.status == status && reply.problem == problem,
                    "\(method) \(path): \(reply.status) \(reply.text)")
            }
            let real = try node.captured(Samples.document("first"))[0]
            let own = try node.status()["validator"]?.string ?? ""
            let receipt = try node.get("/records/\(real)/receipt").body
            #expect(try node.get("/records/\(real)/receipt?validator=\(own)").body == receipt)
            let stranger = try node.get("/records/\(real)/receipt?validator=\(String(repeating: "0", count: 40))")
            #expect(stranger.status == 404 && stranger.text.contains("validator"), "\(stranger.text)")
            for (path, status, problem) in [
                ("/records/\(real)/bundle?trusted=\(id)", 404, "unknown-trusted-set"),
                ("/records/\(real)/bundle?trusted=\(id.dropLast())", 400, "bad-parameter"),
                ("/records/\(real)/bundle?receipts=1", 400, "bad-parameter"),
                ("/records/\(real)/receipt?validator=\(own.uppercased())", 400, "bad-parameter"),
            ] {
                let reply = try node.get(path)
                #expect(reply.status == status && reply.problem == problem, "\(path): \(reply.text)")
            }
            for reason in ["4", "-1", "01", "withdrawn"] {
                let reply = try node.request("DELETE", "/records/\(real)?reason=\(reason)")
                #expect(reply.status == 400 && reply.problem == "bad-parameter", "\(reason): \(reply.text)")
            }
            #expect(try node.get("/records/\(real)").json["state"]?.string == "anchored")
            for method in ["PUT", "PATCH", "DELETE", "POST"] {
                let reply = try node.request(method, "/status", body: method == "DELETE" ? nil : [])
                #expect(
                    [404, 405].contains(reply.status) && reply.problem != nil,
                    "\(method): \(reply.status) \(reply.text)")
            }
            for body: [UInt8] in [[], [0xd2], Array("nothing".utf8), [UInt8](repeating: 0, count: 100_000)] {
                let reply = try node.request(
                    "POST", "/transactions", headers: ["Content-Type: application/cose"], body: body)
                #expect((400..<500).contains(reply.status) && reply.problem != nil, "\(reply.status) \(reply.text)")
            }
            #expect(
                try node.request("POST", "/transactions", headers: ["Content-Type: text/plain"], body: [1]).status
                    == 415)
            #expect(try node.logSize() == size)
        }

        @Test(
            "Addresses beyond loopback without a certificate for them are refused before anything listens",
            arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
        func loopbackOnly(address: String) throws {
            let node = try RunningNode()
            let result = try node.vivian("start", "--listen", address)
            #expect(result.status != 0)
            #expect(result.errors.contains("certificate"), "\(result.errors)")
        }
    }
}
