import Codec
import Foundation
import Verification

/// What is remembered of a fork: JSON with `height`, the two `blocks` (hex) and the `evidence` (base64,
/// `tendermint.types.Evidence` each).
enum ForkFile {
    private static func file(_ folder: URL) -> URL { folder.appending(path: "fork.json") }

    static func write(_ fork: LightFork, in folder: URL) throws {
        let json = JSON.object([
            .init(name: "height", value: .string(String(fork.height))),
            .init(name: "blocks", value: .array([.string(Hex.encode(fork.kept)), .string(Hex.encode(fork.other))])),
            .init(name: "evidence", value: .array(fork.evidence.map { .string(Base64.encode($0)) })),
        ])
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(json.serialized()).write(to: file(folder), options: .atomic)
    }

    /// Nil where there was none; a file that cannot be read is one all the same.
    static func read(_ folder: URL) -> LightFollower.ForkNote? {
        guard let bytes = try? Data(contentsOf: file(folder)) else { return nil }
        let root = try? JSONDocument(parsing: Array(bytes)).root
        return LightFollower.ForkNote(
            height: root?["height"]?.string.flatMap { UInt64($0) } ?? 0,
            blocks: root?["blocks"]?.elements.compactMap { $0.string.flatMap(Hex.decode) } ?? [])
    }
}
