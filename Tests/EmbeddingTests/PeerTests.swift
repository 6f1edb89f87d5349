import Cryptography
import Foundation
import TestSupport
import Testing

@testable import Embedding

/// The Python client's embedder (`EndToEndTests/Peers/embedder.py`) says the same of every text, byte by byte.
@Suite(.enabled(if: Peer.shouldRun, "there is no Python"))
struct PeerTests {
    @Test(.enabled(if: VectorFolder.shouldRun("embeddings")))
    func `both say the same of 20,500 real texts`() throws {
        let texts = try RealTexts.base() + RealTexts.queries()
        #expect(texts.count == 20_500)
        try Peer.compare(texts)
    }

    @Test func `both read every code point alike`() throws {
        let points = (UInt32(0)...0x10ffff).compactMap(Unicode.Scalar.init)
        // In a row, where only some separate; and each below U+3000 between letters, so that it shows by itself.
        var texts = stride(from: 0, to: points.count, by: 4_096).map { start in
            Peer.utf8(points[start..<min(start + 4_096, points.count)])
        }
        texts += points.prefix { $0.value < 0x3000 }.map { Peer.utf8(["x", $0, "y"]) }
        try Peer.compare(texts)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `both say the same of hostile texts`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let ranges: [ClosedRange<UInt32>] = [
            0...0x7f, 0x41...0x5a, 0xa0...0x24f, 0x300...0x36f, 0x370...0x52f, 0x1e00...0x206f, 0x2c60...0x2c7f,
            0x3000...0x9fff, 0xa720...0xa7ff, 0xe000...0xffff, 0x10400...0x1044f, 0x10570...0x105bf, 0x1e900...0x1e943,
            0x1f300...0x1faff, 0x2ebf0...0x2ee5d, 0xe0100...0xe01ef, 0x10ff00...0x10ffff,
        ]
        var texts: [[UInt8]] = (0..<400).map { _ in
            let count = Int.random(in: 0...Int.random(in: 1...300, using: &random), using: &random)
            let mine = (0..<2).map { _ in ranges.randomElement(using: &random)! }
            return Peer.utf8(
                (0..<count).map { _ in
                    Unicode.Scalar(UInt32.random(in: mine.randomElement(using: &random)!, using: &random)) ?? " "
                })
        }
        // Bytes that are often no UTF-8: cut, changed, or nothing but noise.
        texts += (0..<400).map { index in
            var bytes = texts[index]
            if index % 4 == 0 || bytes.isEmpty {
                return (0..<Int.random(in: 1...6, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
                }
            }
            if index % 4 == 1 { return Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))) }
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0x80...0xff, using: &random)
            return bytes
        }
        try Peer.compare(texts)
    }

    @Test func `both agree at the limits`() throws {
        let letters = [UInt8](repeating: 0x61, count: 65_537)
        let words = Array(String(repeating: "a ", count: 16_385).utf8)
        try Peer.compare(
            [
                [], [0x20], [0], Array("a".utf8), Array(letters.dropLast()), letters, words, Array(words.dropLast(2)),
                Array(words.dropLast(1)), words + [0xff], Array(letters.prefix(63)), Array(letters.prefix(64)),
                Array(letters.prefix(65)), Array(String(repeating: "e\u{301}", count: 20_000).utf8),
                Array(String(repeating: "\u{10ffff}", count: 16_384).utf8), Array(" \u{3000}\u{2028}\n".utf8),
                [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80],
                [0xf0, 0x8f, 0xbf, 0xbf],
            ])
    }
}

enum Peer {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// The Python of `deploy/bootstrap`, else the system's: the client needs no package.
    private static let python: String = {
        let own = tests.deletingLastPathComponent().appending(path: ".build-python/bin/python3").path
        return FileManager.default.fileExists(atPath: own) ? own : "/usr/bin/python3"
    }()

    static let shouldRun = VectorFolder.isRequired || FileManager.default.isExecutableFile(atPath: python)

    static func utf8(_ points: some Sequence<Unicode.Scalar>) -> [UInt8] {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: points)
        return Array(String(text).utf8)
    }

    /// What this module says to a text, as the program writes it.
    static func said(of text: [UInt8]) -> String {
        do throws(EmbeddingFailure) {
            return hex(try TextEmbedder.standard.vector(of: text).map { UInt8(bitPattern: $0) })
        } catch {
            return switch error {
            case .tooLong: "! tooLong"
            case .notUTF8: "! notUTF8"
            case .tooManyWords: "! tooManyWords"
            case .noWords: "! noWords"
            case .degenerate: "! degenerate"
            }
        }
    }

    static func compare(_ texts: [[UInt8]]) throws {
        let answers = try run(python, ["-B", tests.appending(path: "EndToEndTests/Peers/embedder.py").path]) {
            texts.map(hex).joined(separator: "\n") + "\n"
        }
        let lines = String(decoding: answers, as: UTF8.self).split(separator: "\n").map(String.init)
        try #require(lines.count == texts.count + 1)
        #expect(lines[0] == TextEmbedder.id.hex)
        for (text, line) in zip(texts, lines.dropFirst()) where said(of: text) != line {
            Issue.record("\(hex(Array(text.prefix(200)))) of \(text.count) bytes")
            return
        }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// A program's output, whose input is a file.
    static func run(_ program: String, _ arguments: [String], input: () -> String) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(path: "vivian-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(input().utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Array(bytes)
    }
}

/// The published texts, read in place.
enum RealTexts {
    static func base() throws -> [[UInt8]] { try read("base-20k-texts.tsv.gz") }
    static func queries() throws -> [[UInt8]] { try read("query-500-texts.tsv.gz") }

    private static func read(_ name: String) throws -> [[UInt8]] {
        let folder = try #require(VectorFolder.folder("embeddings"))
        let lines = try Peer.run("/usr/bin/env", ["gzip", "-dc", folder.appending(path: name).path]) { "" }
        return lines.split(separator: 10).map { line in
            line.firstIndex(of: 9).map { Array(line[($0 + 1)...]) } ?? []
        }
    }
}
