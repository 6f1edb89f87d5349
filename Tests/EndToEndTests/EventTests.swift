import Codec
import Foundation
import Glibc
import Testing

/// curl on an event stream, for as long as it is held.
final class CurlStream {
    private let process = Process()
    private let file: URL
    private let headerFile: URL

    init(of node: RunningNode, _ path: String = "/events", http: String, last: String? = nil, key: String? = nil) throws
    {
        let name = UUID().uuidString
        file = node.folder.appending(path: "stream-\(name)")
        headerFile = node.folder.appending(path: "stream-\(name).headers")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments =
            [
                "-s", "-N", http, "--cacert", node.authority, "-D", headerFile.path, "-H",
                "Authorization: Bearer \(key ?? node.key)",
            ] + (last.map { ["-H", "Last-Event-ID: \($0)"] } ?? []) + [node.address + path]
        process.standardOutput = try Tool.handle(file)
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { stop() }

    func stop() {
        // Children of these threads have SIGTERM blocked.
        if process.isRunning { _ = Glibc.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    var isRunning: Bool { process.isRunning }
    var text: String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
    var head: String { (try? String(contentsOf: headerFile, encoding: .utf8)) ?? "" }

    /// Whole events so far: their ids and what they hold.
    var events: [(id: String, event: JSON)] {
        let blocks = text.replacing("\r\n", with: "\n").components(separatedBy: "\n\n").dropLast()
        return blocks.compactMap { block in
            let lines = block.split(separator: "\n")
            guard let id = lines.first(where: { $0.hasPrefix("id: ") })?.dropFirst(4),
                let data = lines.first(where: { $0.hasPrefix("data: ") })?.dropFirst(6),
                let document = try? JSONDocument(parsing: Array(data.utf8))
            else { return nil }
            return (String(id), JSON(document.root))
        }
    }
}

extension EndToEnd {
    @Suite("The event feed, read by curl", .serialized)
    struct EventTests {
        static func subjects(_ stream: CurlStream) -> [String] {
            stream.events.map {
                "\($0.event["type"]?.string?.split(separator: ".").last ?? "") \($0.event["subject"]?.string ?? "")"
            }
        }

        @Test(
            "A stream tells what comes, and goes on behind the last id without loss or doubles",
            arguments: ["--http1.1", "--http2"])
        func follows(_ http: String) throws {
            let node = try RunningNode.started()
            let first = try CurlStream(of: node, http: http)
            try node.wait("the beginning") { first.text.contains("id: ") }
            #expect(first.head.lowercased().contains("content-type: text/event-stream"))
            #expect(first.head.hasPrefix(http == "--http2" ? "HTTP/2 200" : "HTTP/1.1 200"))
            let one = try node.capture(Samples.document("one")).json["captureID"]?.string ?? ""
            try node.wait("two events") { first.events.count == 2 }
            #expect(Self.subjects(first) == ["accepted \(one)", "anchored \(one)"])
            let last = try #require(first.events.last?.id)
            first.stop()
            // What comes while nobody reads, also over a restart, is there for who comes back.
            let two = try node.capture(Samples.document("two")).json["captureID"]?.string ?? ""
            try node.wait("anchored") { try node.get("/epcis/capture/\(two)").json["running"] == .boolean(false) }
            #expect(node.stop() == 0)
            try node.start()
            let second = try CurlStream(of: node, http: http, last: last)
            let three = try node.capture(Samples.document("three")).json["captureID"]?.string ?? ""
            try node.wait("four events") { second.events.count >= 4 }
            #expect(
                Self.subjects(second) == [
                    "accepted \(two)", "anchored \(two)", "accepted \(three)", "anchored \(three)",
                ])
            let numbers = second.events.compactMap { $0.event["sequence"]?.string.flatMap { Int($0) } }
            #expect(numbers == Array(numbers[0]..<numbers[0] + 4))
        }

        @Test("A page has the same events, leads on, and 410 names the oldest place that is held")
        func pages() throws {
            let node = try RunningNode()
            try ConfigurationTests.write(#"{"events":{"keepCount":100,"keepDays":1}}"#, to: node)
            try node.start()
            let json = ["Accept: application/json"]
            for _ in 0..<60 {
                let made = try node.request(
                    "POST", "/api-keys", headers: ["Content-Type: application/json"],
                    body: Array(#"{"label":"a","scopes":["ledger:read"]}"#.utf8))
                #expect(try node.request("DELETE", "/api-keys/\(made.json["id"]?.string ?? "")").status == 200)
            }
            var place: String? = "oldest"
            var seen: [String] = []
            while let current = place {
                let page = try node.request("GET", "/events?limit=50&cursor=\(current)", headers: json)
                #expect(page.status == 200, "\(page.text)")
                let ids = page.json["events"]?.elements.compactMap { $0["id"]?.string } ?? []
                seen += ids
                let next = page.json["next"]?.string
                place = ids.isEmpty || next == current ? nil : next
            }
            // The administrator's key was made first of all.
            #expect(seen.count == 121 && Set(seen).count == 121)
            // The bound is kept once a minute; a start does it at once.
            #expect(node.stop() == 0)
            try node.start()
            try node.wait("the oldest to go") {
                try node.request("GET", "/events?cursor=AAAAAAAAAAA", headers: json).status == 410
            }
            for options in [json, ["Accept: text/event-stream"], ["Last-Event-ID: AAAAAAAAAAA"]] {
                let gone = try node.request("GET", "/events?cursor=AAAAAAAAAAA", headers: options)
                #expect(gone.status == 410 && gone.problem == "events-gone", "\(gone.text)")
                let oldest = try #require(gone.json["oldest"]?.string)
                #expect(
                    try node.request("GET", "/events?cursor=\(oldest)", headers: json).json["events"]?.elements.count
                        == 100)
            }
            for (path, headers, status) in [
                ("/events?cursor=AAAAAAAAAP8", json, 410), ("/events?cursor=x", json, 400),
                ("/events?cursor=__________8", json, 400), ("/events?limit=0", json, 400),
                ("/events?limit=1001", json, 400), ("/events?since=oldest", json, 400),
                ("/events", ["Last-Event-ID: x y"], 400), ("/events", ["Accept: text/html"], 406),
            ] {
                #expect(try node.request("GET", path, headers: headers).status == status, "\(path) \(headers)")
            }
            #expect(try node.request("GET", "/events", headers: json, key: "").status == 401)
            #expect(try node.request("HEAD", "/events", options: ["--head"]).status == 200)
        }

        @Test("A stream ends with its credential, and all end with the gateway", arguments: ["--http1.1", "--http2"])
        func ends(_ http: String) throws {
            let node = try RunningNode.started()
            let key = try AccessTests.makeKey(node, ["events:read"])
            let (kept, revoked) = (
                try CurlStream(of: node, http: http),
                try CurlStream(of: node, http: http, key: key)
            )
            try node.wait("both") { kept.text.contains("id: ") && revoked.text.contains("id: ") }
            #expect(try node.get("/metrics").text.contains("vivian_event_streams 2"))
            #expect(try node.request("DELETE", "/api-keys/\(key.split(separator: "_")[1])").status == 200)
            // The revocation is an event itself, before which the credential is looked at again.
            try node.wait("the end of one") { !revoked.isRunning }
            #expect(!revoked.text.contains("revoked"))
            try node.wait("the other one") { kept.text.contains("revoked") && kept.isRunning }
            try node.wait("the seat") { try node.get("/metrics").text.contains("vivian_event_streams 1") }
            let began = ContinuousClock.now
            #expect(node.stop() == 0)
            #expect(ContinuousClock.now - began < .seconds(15), "streams hold up no stop")
            try node.wait("the end of all") { !kept.isRunning }
        }

        @Test("Another tenant's events are not seen, and a reader too many is refused")
        func tenantsAndSeats() throws {
            let node = try RunningNode.started()
            let mill = try AccessTests.makeKey(node, ["events:read", "records:capture"], tenant: "mill")
            _ = try node.captured(Samples.document("mine"))
            let theirs = try node.request(
                "GET", "/events?cursor=oldest", headers: ["Accept: application/json"], key: mill)
            #expect(
                theirs.json["events"]?.elements.compactMap { $0["type"]?.string } == ["io.vivian.api-key.created"])
            #expect(theirs.json["events"]?.elements.first?["source"]?.string?.hasSuffix(":tenant:mill") == true)
            var streams = try (0..<32).map { _ in try CurlStream(of: node, http: "--http1.1") }
            try node.wait("all seats") { try node.get("/metrics").text.contains("vivian_event_streams 32\n") }
            let refused = try node.request("GET", "/events")
            #expect(refused.status == 429 && refused.problem == "too-many-streams")
            #expect(try node.get("/status").status == 200)
            let other = try CurlStream(of: node, http: "--http2", key: mill)
            try node.wait("the other tenant's") { other.text.contains("id: ") }
            streams.removeLast()
            try node.wait("a seat") { try node.get("/metrics").text.contains("vivian_event_streams 32\n") }
            withExtendedLifetime((streams, other)) {}
        }

        @Test("The command line prints what is held and follows what comes, over a restart")
        func command() throws {
            let node = try RunningNode.started()
            let one = try node.capture(Samples.document("one")).json["captureID"]?.string ?? ""
            try node.wait("anchored") { try node.get("/epcis/capture/\(one)").json["running"] == .boolean(false) }
            let shown = try node.vivian("events")
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(shown.text.split(separator: "\n").count == 3)
            let place = try #require(shown.errors.split(separator: " ").last).trimmingCharacters(in: .newlines)
            #expect(try node.vivian("events", "--since", place).text.isEmpty)
            let follower = Process()
            let file = node.folder.appending(path: "followed")
            follower.executableURL = URL(fileURLWithPath: Tool.vivian)
            follower.arguments = ["events", "--follow", "--json", "--since", place, "--data", node.data.path]
            follower.standardOutput = try Tool.handle(file)
            follower.standardError = FileHandle.nullDevice
            try follower.run()
            defer {
                _ = Glibc.kill(follower.processIdentifier, SIGKILL)
                follower.waitUntilExit()
            }
            let two = try node.capture(Samples.document("two")).json["captureID"]?.string ?? ""
            try node.wait("two lines") {
                try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.contains(two) }.count
                    == 2
            }
            #expect(try node.vivian("events", "--since", "AAAAAAAAAP8").status == 2)
            #expect(try node.vivian("events", "--since", "yesterday").status == 64)
        }
    }
}
