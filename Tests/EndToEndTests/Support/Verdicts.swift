import Codec
import Foundation

/// A folder of bundles, judged by the independent checker and by `vivian verify`.
struct BundleFolder {
    let url: URL
    let trusted: String
    let chain: String
    let genesis: String

    init(of node: RunningNode, named name: String) throws {
        url = node.folder.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let status = try node.status()
        trusted = status["validatorsHash"]?.string ?? ""
        chain = status["chainId"]?.string ?? ""
        genesis = status["genesisHash"]?.string ?? ""
    }

    /// Keeps an answer as a file; `name` ends in `.record.json` or `.proof.json`.
    func add(_ name: String, _ reply: Reply) throws {
        guard reply.status == 200 else { throw PeerFailure(peer: "gateway", complaint: "\(name): \(reply.text)") }
        try Data(reply.body).write(to: url.appending(path: name))
    }

    /// Adds damaged variants of a file into another folder.
    func damage(_ name: String, count: Int, into other: BundleFolder) throws {
        _ = try Tool.peer("damage", url.appending(path: name).path, other.url.path, String(count))
    }

    /// File names with the checker's reason of refusal, or nil where it accepts.
    func judged() throws -> [String: String?] {
        let output = try Tool.peer("judge", Tool.judges?.path ?? "", url.path, trusted, chain, genesis)
        let root = JSON(try JSONDocument(parsing: output).root)
        return Dictionary(uniqueKeysWithValues: (root.object ?? []).map { ($0.name, $0.value.string) })
    }

    /// The same by `vivian verify`, each file by a process of its own.
    func verified() throws -> [String: String?] {
        var verdicts: [String: String?] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: url.path) {
            let result = try Tool.run(
                Tool.vivian,
                [
                    "verify", url.appending(path: name).path, "--trusted-validators", trusted, "--chain-id", chain,
                    "--genesis-hash", genesis, "--json",
                ])
            let answer = (try? JSONDocument(parsing: result.output)).map { JSON($0.root) }
            if result.status == 0, answer?["ok"]?.isTrue == true {
                verdicts[name] = .some(nil)
            } else {
                verdicts[name] = answer?["reason"]?.string ?? "status \(result.status) \(result.errors)"
            }
        }
        return verdicts
    }
}
