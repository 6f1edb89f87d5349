import Codec
import Foundation

/// An answer as curl saw it.
struct Reply {
    let status: Int
    let type: String
    /// `WWW-Authenticate`, or nothing.
    let challenge: String
    /// `1.1` or `2`.
    let version: String
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { (try? JSONDocument(parsing: body)).map { JSON($0.root) } ?? .null }
    /// NAME of `urn:vivian:problem:NAME` where this is a problem document whose status is the answer's, else nil.
    var problem: String? {
        guard type == "application/problem+json", let name = json["type"]?.string, json["title"]?.string != nil,
            json["detail"]?.string != nil, json["status"] == .number(String(status)),
            name.hasPrefix("urn:vivian:problem:")
        else { return nil }
        return String(name.dropFirst("urn:vivian:problem:".count))
    }
}

extension RunningNode {
    /// One request by curl, which checks the certificate against the folder's own authority.
    ///
    /// `key`: what is shown as a Bearer credential; the administrator's key if left out, nothing if empty.
    /// `options`: further ones of curl's.
    /// `base`: another address than the node's.
    func request(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8]? = nil, key: String? = nil,
        options: [String] = [], base: String? = nil
    ) throws -> Reply {
        let scratch = folder.appending(path: "curl-\(UUID().uuidString)")
        let (sent, received) = (scratch.path + ".sent", scratch.path + ".received")
        defer { for file in [sent, received] { try? FileManager.default.removeItem(atPath: file) } }
        var arguments =
            [
                "-s", "-S", "--path-as-is", "-g", "--max-time", "60", "--cacert", authority, "-X", method, "-o",
                received,
                "-w", "%{http_code}\n%{content_type}\n%header{www-authenticate}\n%{http_version}",
            ] + options
        let shown = key ?? self.key
        if !shown.isEmpty { arguments += ["-H", "Authorization: Bearer \(shown)"] }
        for header in headers { arguments += ["-H", header] }
        if let body {
            try Data(body).write(to: URL(fileURLWithPath: sent))
            arguments += ["--data-binary", "@" + sent, "-H", "Expect:"]
        }
        let result = try Tool.run("/usr/bin/curl", arguments + [(base ?? address) + path])
        guard result.status == 0 else { throw PeerFailure(peer: "curl", complaint: result.errors) }
        let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let content = (try? Data(contentsOf: URL(fileURLWithPath: received))) ?? Data()
        guard lines.count == 4 else { throw PeerFailure(peer: "curl", complaint: result.text) }
        return Reply(
            status: Int(lines[0]) ?? 0, type: lines[1], challenge: lines[2], version: lines[3], body: Array(content))
    }

    func get(_ path: String) throws -> Reply { try request("GET", path) }

    /// Hands in a document.
    func capture(_ body: [UInt8], type: String = "application/ld+json") throws -> Reply {
        try request("POST", "/epcis/capture", headers: ["Content-Type: \(type)"], body: body)
    }

    /// Hands in a document that must be taken, and gives its record ids.
    func captured(_ body: [UInt8], type: String = "application/ld+json") throws -> [String] {
        let reply = try capture(body, type: type)
        guard reply.status == 202 else { throw PeerFailure(peer: "gateway", complaint: reply.text) }
        return reply.json["records"]?.elements.compactMap(\.string) ?? []
    }

    /// Waits until each of these is on the ledger and provable.
    func settle(_ records: [String]) throws {
        for id in records {
            try wait("record \(id)") { try get("/records/\(id)/bundle").status == 200 }
        }
    }
}

extension JSON {
    var elements: [JSON] { if case .array(let items) = self { items } else { [] } }
    var isTrue: Bool { self == .boolean(true) }
}
