import Codec
import Foundation
import TestSupport
import Testing

/// Reader of Project Wycheproof's files: groups of tests, each with a result.
enum Wycheproof {
    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        /// The group's type, such as `EcdsaVerify`.
        var type: String
        var number: Int
        var comment: String
        /// Whether the result is "valid"; the files read here have no "acceptable" ones, which a test asserts.
        var isValid: Bool
        var result: String
        /// The group's and the test's hex members.
        var group: [String: [UInt8]]
        var test: [String: [UInt8]]
        /// The group's sizes in bits.
        var sizes: [String: Int]
        var testDescription: String { "\(file) \(number) \(comment)" }

        func bytes(_ name: String) throws -> [UInt8] { try #require(test[name] ?? group[name]) }
    }

    /// A list of edge cases of Ed25519, which is no file of the project's own.
    static let edgeCases = "Ed25519 edge cases"

    /// What a file is about: its algorithm, with the curve and the hash of its groups; empty where it cannot be read.
    static func kind(of file: URL) -> String {
        guard let bytes = try? VectorFolder.bytes(of: file), let document = try? JSONDocument(parsing: bytes) else {
            return ""
        }
        guard let algorithm = document.root["algorithm"]?.string else {
            return document.root.elements.contains { _ in true } ? edgeCases : ""
        }
        var parts: Set<[String]> = []
        for group in document.root["testGroups"].map({ Array($0.elements) }) ?? [] {
            parts.insert(
                [algorithm, group["publicKey"]?["curve"]?.string, group["sha"]?.string].compactMap(\.self))
        }
        return parts.count == 1 ? parts.first!.joined(separator: " ") : algorithm
    }

    static func cases(_ file: String) -> [Case] {
        guard let bytes = try? VectorFolder.bytes("wycheproof", file),
            let document = try? JSONDocument(parsing: bytes), let groups = document.root["testGroups"]
        else { return [] }
        var cases: [Case] = []
        for group in groups.elements {
            var shared = hexMembers(group)
            if let key = group["publicKey"] { shared.merge(hexMembers(key)) { first, _ in first } }
            var sizes: [String: Int] = [:]
            for member in group.members { sizes[member.name] = member.value.numberLexeme.flatMap { Int($0) } }
            guard let tests = group["tests"] else { continue }
            for test in tests.elements {
                cases.append(
                    Case(
                        file: file, type: group["type"]?.string ?? "",
                        number: test["tcId"]?.numberLexeme.flatMap { Int($0) } ?? 0,
                        comment: test["comment"]?.string ?? "", isValid: test["result"]?.string == "valid",
                        result: test["result"]?.string ?? "", group: shared, test: hexMembers(test), sizes: sizes))
            }
        }
        return cases
    }

    private static func hexMembers(_ node: JSONNode) -> [String: [UInt8]] {
        var members: [String: [UInt8]] = [:]
        for member in node.members {
            members[member.name] = member.value.string.flatMap { Hex.decode($0) }
        }
        return members
    }

    /// r and s of a DER signature in its one spelling (X.690 §8, §10), as 32 bytes each, or nil.
    static func compact(der bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 2, bytes[0] == 0x30, bytes[1] < 0x80, Int(bytes[1]) == bytes.count - 2 else { return nil }
        var rest = bytes[2...]
        var numbers: [UInt8] = []
        for _ in 0..<2 {
            guard rest.count >= 3, rest[rest.startIndex] == 2 else { return nil }
            let count = Int(rest[rest.startIndex + 1])
            guard count >= 1, count < 0x80, rest.count >= 2 + count else { return nil }
            var content = rest.dropFirst(2).prefix(count)
            rest = rest.dropFirst(2 + count)
            guard let first = content.first, first < 0x80 else { return nil }
            if first == 0, count > 1 {
                guard content[content.startIndex + 1] >= 0x80 else { return nil }
                content = content.dropFirst()
            }
            guard content.count <= 32 else { return nil }
            numbers += [UInt8](repeating: 0, count: 32 - content.count) + content
        }
        return rest.isEmpty ? numbers : nil
    }
}
