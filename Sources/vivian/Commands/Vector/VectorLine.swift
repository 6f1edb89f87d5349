import ArgumentParser
import Codec
import Cryptography
import Embedding
import LedgerModel

/// One line of a file of vectors.
struct VectorLine {
    var subject: VectorSubject
    var tag: UInt32
    var vector: [Int8]

    /// Every line of a file that is not empty.
    /// - Throws: ``CommandFailure`` with file and line.
    static func read(_ file: String, dimension: Int, squaredLengths: ClosedRange<Int>) throws -> [VectorLine] {
        var lines: [VectorLine] = []
        for (index, text) in try FileInput.bytes(file).split(separator: 0x0a).enumerated() {
            guard !text.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) else { continue }
            let place = "\(file), vector \(index + 1)"
            guard let node = try? JSONDocument(parsing: Array(text)).root, node.kind == .object else {
                throw CommandFailure("\(place): no JSON object")
            }
            guard let name = node["subject"]?.string, !name.isEmpty else {
                throw CommandFailure("\(place): subject is missing")
            }
            let vector = try Self.vector(of: node, place)
            guard vector.count == dimension else {
                throw CommandFailure("\(place): \(vector.count) components, the collection's vectors have \(dimension)")
            }
            let squared = vector.reduce(0) { $0 + Int($1) * Int($1) }
            guard squaredLengths.contains(squared) else {
                throw CommandFailure(
                    "\(place): the sum of its squares is \(squared), the collection takes \(squaredLengths.lowerBound) to "
                        + "\(squaredLengths.upperBound): scale it; nothing was sent")
            }
            lines.append(
                VectorLine(
                    subject: VectorSubject(kind: try number(node, "kind", place), id: id(name)),
                    tag: try number(node, "tag", place), vector: vector))
        }
        guard !lines.isEmpty else { throw CommandFailure("\(file) holds no vector") }
        return lines
    }

    /// A query's vector: a JSON list, or an object with `vector` or `text`.
    static func query(_ file: String) throws -> [Int8] {
        let root: JSONNode
        do { root = try JSONDocument(parsing: try FileInput.bytes(file)).root } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(file) is no JSON text: \(error); a file with a query a line goes with --queries")
        }
        return try root.kind == .array ? vector(root, file) : vector(of: root, file)
    }

    /// A query a line, in the forms of `query`; lines of white space are none.
    /// - Throws: ``CommandFailure`` with file and line.
    static func queries(_ file: String) throws -> [QueryLine] {
        var queries: [QueryLine] = []
        let lines = try FileInput.bytes(file).split(separator: 0x0a, omittingEmptySubsequences: false)
        for (index, text) in lines.enumerated() {
            guard !text.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) else { continue }
            let place = "\(file), line \(index + 1)"
            guard let node = try? JSONDocument(parsing: Array(text)).root, [.array, .object].contains(node.kind) else {
                throw CommandFailure("\(place): no query: a line holds a JSON list, or an object with vector or text")
            }
            let vector = try node.kind == .array ? vector(node, place) : vector(of: node, place)
            let name = node["subject"]?.string ?? node["text"]?.string
            queries.append(QueryLine(line: index + 1, place: place, name: name, vector: vector))
        }
        guard !queries.isEmpty else { throw CommandFailure("\(file) holds no query") }
        return queries
    }

    /// The vector that the ledger's own embedder makes of a text.
    static func vector(of text: String, _ place: String) throws -> [Int8] {
        do { return try TextEmbedder.standard.vector(of: text) } catch {
            throw CommandFailure("\(place): the text has no vector: \(Self.reason(error))")
        }
    }

    private static func reason(_ failure: EmbeddingFailure) -> String {
        switch failure {
        case .tooLong(let count): "it has \(count) bytes, at most \(TextEmbedder.standard.byteCountMax) are read"
        case .notUTF8(let offset): "it is no UTF-8 from byte \(offset) on"
        case .tooManyWords(let max): "it has more than \(max) words"
        case .noWords: "it has no words"
        case .degenerate: "its words cancel each other out"
        }
    }

    /// `vector`, or that of `text`.
    private static func vector(of node: JSONNode, _ place: String) throws -> [Int8] {
        guard let text = node["text"] else { return try vector(node["vector"], place) }
        guard let string = text.string, node["vector"] == nil else {
            throw CommandFailure("\(place): it has either text, a string, or vector")
        }
        return try vector(of: string, place)
    }

    /// KIND:SUBJECT as the command line has it.
    static func subject(_ text: String) throws -> VectorSubject {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let kind = UInt16(parts[0]), !parts[1].isEmpty else {
            throw ValidationError(
                "\(text) is not KIND:SUBJECT, such as 1:my-model; the kind is 0 where its line named none")
        }
        return VectorSubject(kind: kind, id: id(parts[1]))
    }

    private static func id(_ name: String) -> Digest {
        Hex.decode(name).flatMap { Digest($0) } ?? SHA256.hash(Array(name.utf8))
    }

    private static func number<Number: FixedWidthInteger>(_ node: JSONNode, _ name: String, _ place: String) throws
        -> Number
    {
        guard let item = node[name] else { return 0 }
        guard let value = item.int64.flatMap({ Number(exactly: $0) }) else {
            throw CommandFailure("\(place): \(name) is no number from 0 to \(Number.max)")
        }
        return value
    }

    private static func vector(_ node: JSONNode?, _ place: String) throws -> [Int8] {
        guard let node, node.kind == .array else { throw CommandFailure("\(place): vector is no list of numbers") }
        return try node.elements.enumerated().map { index, item in
            guard let value = item.int64, -127...127 ~= value else {
                throw CommandFailure("\(place): component \(index) is no whole number from -127 to 127")
            }
            return Int8(value)
        }
    }
}

/// One line of a file of queries.
struct QueryLine {
    /// From 1.
    var line: Int
    /// File and line, for messages.
    var place: String
    /// Its subject or text, where it has one.
    var name: String?
    var vector: [Int8]
}
