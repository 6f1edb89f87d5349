import Foundation
import Testing

@testable import Compression

struct CompressionTests {
    static let texts: [[UInt8]] = [
        [], [7], Array("one line".utf8), Array(repeating: 0x61, count: 1_000_000),
        (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) },
    ]
    static let limits = DecompressionLimits(bytesMax: 2 << 20, ratioMax: 100_000)

    @Test(arguments: ContentCoding.allCases) func `what was packed unpacks to the same`(_ coding: ContentCoding) throws
    {
        for text in Self.texts {
            #expect(try coding.decompress(coding.compress(text), limits: Self.limits) == text)
        }
    }

    @Test(arguments: ContentCoding.allCases) func `members one after the other are one text`(
        _ coding: ContentCoding
    ) throws {
        let both = coding.compress(Array("one ".utf8)) + coding.compress(Array("two".utf8))
        #expect(try coding.decompress(both, limits: Self.limits) == Array("one two".utf8))
    }

    @Test(arguments: ContentCoding.allCases) func `a text that is cut anywhere is refused`(_ coding: ContentCoding) {
        let packed = coding.compress(Array("a text of some words, some words, some words".utf8))
        for length in 1..<packed.count {
            #expect(throws: CompressionFailure.self) {
                try coding.decompress(Array(packed[..<length]), limits: Self.limits)
            }
        }
        #expect(throws: CompressionFailure.self) { try coding.decompress([], limits: Self.limits) }
    }

    @Test(arguments: ContentCoding.allCases) func `bytes behind the end are refused`(_ coding: ContentCoding) {
        let packed = coding.compress(Array("text".utf8))
        #expect(throws: CompressionFailure.self) { try coding.decompress(packed + [1, 2, 3], limits: Self.limits) }
    }

    @Test(arguments: ContentCoding.allCases) func `the coding's own checksum is held`(_ coding: ContentCoding) throws {
        guard coding == .gzip else { return }
        var packed = coding.compress(Array("a text".utf8))
        packed[packed.count - 6] ^= 1
        #expect(throws: CompressionFailure.malformed) { try coding.decompress(packed, limits: Self.limits) }
    }

    @Test(arguments: ContentCoding.allCases) func `a bomb is refused by its ratio, before it is unpacked`(
        _ coding: ContentCoding
    ) {
        let bomb = coding.compress(Array(repeating: 0, count: 64 << 20))
        #expect(throws: CompressionFailure.ratioTooHigh(max: 200)) {
            try coding.decompress(bomb, limits: DecompressionLimits(bytesMax: 1 << 30))
        }
    }

    @Test(arguments: ContentCoding.allCases) func `more than the limit is refused`(_ coding: ContentCoding) {
        let packed = coding.compress(Array(repeating: 0x61, count: 1001))
        #expect(throws: CompressionFailure.tooLarge(bytesMax: 1000)) {
            try coding.decompress(packed, limits: DecompressionLimits(bytesMax: 1000))
        }
    }

    @Test(arguments: ContentCoding.allCases) func `the other coding's bytes are refused`(_ coding: ContentCoding) {
        let other: ContentCoding = coding == .gzip ? .zstd : .gzip
        #expect(throws: CompressionFailure.self) {
            try coding.decompress(other.compress(Array("text".utf8)), limits: Self.limits)
        }
    }

    @Test(arguments: ContentCoding.allCases, ["gzip", "zstd"])
    func `the reference programs read what is packed, and are read`(_ coding: ContentCoding, _ program: String) throws {
        guard program == coding.rawValue else { return }
        let text = Array("what one program writes, the other reads\n".utf8)
        #expect(try Self.run([program, "-dc"], coding.compress(text)) == text)
        #expect(try coding.decompress(Self.run([program, "-c"], text), limits: Self.limits) == text)
    }

    static func run(_ words: [String], _ input: [UInt8]) throws -> [UInt8] {
        let process = Process()
        let (source, sink) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = source
        process.standardOutput = sink
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input))
        try source.fileHandleForWriting.close()
        let data = sink.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Array(data)
    }
}
