import Foundation
import TestSupport
import Testing

@testable import Codec

/// RFC 8785 test data: `input/X.json` has the canonical form `output/X.json`, in hex in `outhex/X.txt`; the lines of
/// `es6numbers-*.txt` are the bits of a double in hex and its text.
@Suite(.enabled(if: VectorFolder.shouldRun("jcs")))
struct JCSVectorTests {
    static let inputs = VectorFolder.files("jcs", endingWith: ".json").filter {
        $0.deletingLastPathComponent().lastPathComponent == "input"
    }.map { $0.deletingPathExtension().lastPathComponent }

    static let numberFiles = VectorFolder.files("jcs", endingWith: ".txt").map(\.lastPathComponent).filter {
        $0.hasPrefix("es6numbers")
    }

    @Test func `the set is there and is read`() {
        #expect(!Self.inputs.isEmpty)
        #expect(!Self.numberFiles.isEmpty)
    }

    @Test(arguments: inputs)
    func `a document has its canonical form, from the tape and from a value`(name: String) throws {
        let document = try JSONDocument(parsing: try VectorFolder.bytes("jcs", "input/\(name).json"))
        let expected = try VectorFolder.bytes("jcs", "output/\(name).json")
        #expect(try JCS.canonicalize(document.root) == expected)
        #expect(try JCS.canonicalize(JSON(document.root)) == expected)
        let hex = try VectorFolder.bytes("jcs", "outhex/\(name).txt")
        #expect(Hex.encode(expected).utf8.elementsEqual(hex.filter { $0 > 0x20 }))
    }

    @Test(arguments: numberFiles)
    func `every number has its ECMAScript text`(name: String) throws {
        let lines = String(decoding: try VectorFolder.bytes("jcs", name), as: UTF8.self).split(separator: "\n")
        var wrong: [Substring] = []
        for line in lines {
            let parts = line.split(separator: ",")
            let bits = try #require(UInt64(parts[0], radix: 16))
            if ES6Number.text(Double(bitPattern: bits)) != parts[1] { wrong.append(line) }
        }
        #expect(!lines.isEmpty)
        #expect(wrong.isEmpty)
    }
}
