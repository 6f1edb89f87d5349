import Codec
import Foundation
import TestSupport
import Testing
import Verification

/// A bit of an accepted bundle changed: it is refused, or proves exactly the same facts (such as a vote after the quorum,
/// which nobody looks at).
@Suite(.enabled(if: VectorFolder.shouldRun("bundles")))
struct DamageTests {
    /// Every so many bits: those of a state proof's members are all tried, of the rest a sample.
    @Test(arguments: [("accept-solo.proof.json", 7), ("accept-record-solo.record.json", 29)])
    func `no bit of a bundle's text is free`(_ file: String, _ stride: Int) throws {
        let item = try #require(BundleCase.named(file))
        let bytes = try item.bytes()
        let whole = item.verify(bytes)
        #expect(whole.reason == nil)
        for bit in Swift.stride(from: 0, to: bytes.count * 8, by: stride) {
            let outcome = item.verify(flipped(bytes, bit))
            if outcome.reason == nil {
                #expect(outcome.report == whole.report, "bit \(bit % 8) of byte \(bit / 8)")
            }
        }
    }

    /// Every member that is base64 of something, with its place.
    static let members: [Member] = ["accept-solo.proof.json", "accept-record-solo.record.json"].flatMap { file in
        guard let item = BundleCase.named(file), let bytes = try? item.bytes(),
            let root = try? JSONDocument(parsing: bytes).root
        else { return [Member]() }
        return Member.all(of: JSON(root), in: file)
    }

    @Test(arguments: members) func `no bit of what a bundle holds is free`(_ member: Member) throws {
        let item = try #require(BundleCase.named(member.file))
        let bytes = try item.bytes()
        let root = JSON(try JSONDocument(parsing: bytes).root)
        let whole = item.verify(bytes)
        let stride = member.file.hasSuffix(".proof.json") ? 1 : 7
        for bit in Swift.stride(from: 0, to: member.content.count * 8, by: stride) {
            let text = Base64.encode(flipped(member.content, bit))
            let outcome = item.verify(member.replacing(with: .string(text), in: root).serialized())
            if outcome.reason == nil {
                #expect(outcome.report == whole.report, "bit \(bit % 8) of byte \(bit / 8)")
            }
        }
    }

    @Test func `a bundle cut short is refused`() throws {
        let item = try #require(BundleCase.named("accept-solo.proof.json"))
        let bytes = try item.bytes()
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
        for count in stride(from: 0, through: end, by: 3) {
            #expect(item.verify(Array(bytes.prefix(count))).reason != nil)
        }
    }

    private func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return bytes
    }
}

/// A member of a bundle that is base64: the names and indices that lead to it, and its bytes.
struct Member: CustomTestStringConvertible, Sendable {
    /// Members that are text although they read as base64.
    private static let texts: Set<String> = [
        "format", "chainId", "genesisHash", "stateHeight", "store", "mediaType", "leafIndex", "treeSize",
    ]

    var file: String
    var path: [String]
    var content: [UInt8]
    var testDescription: String { "\(file): \(path.joined(separator: "."))" }

    static func all(of json: JSON, in file: String, at path: [String] = []) -> [Member] {
        switch json {
        case .object(let members):
            members.filter { !texts.contains($0.name) }.flatMap { all(of: $0.value, in: file, at: path + [$0.name]) }
        case .array(let items): items.enumerated().flatMap { all(of: $1, in: file, at: path + [String($0)]) }
        case .string(let text): Base64.decode(text).map { [Member(file: file, path: path, content: $0)] } ?? []
        default: []
        }
    }

    func replacing(with value: JSON, in root: JSON) -> JSON { Self.replace(path[...], with: value, in: root) }

    private static func replace(_ path: ArraySlice<String>, with value: JSON, in json: JSON) -> JSON {
        guard let name = path.first else { return value }
        switch json {
        case .object(let members):
            return .object(
                members.map {
                    $0.name == name
                        ? .init(name: name, value: replace(path.dropFirst(), with: value, in: $0.value)) : $0
                })
        case .array(let items):
            return .array(
                items.enumerated().map { String($0) == name ? replace(path.dropFirst(), with: value, in: $1) : $1 })
        default: return json
        }
    }
}
