import Codec

/// Reads the members of one JSON object of an answer.
///
/// What the contract promises and is not there makes the answer unreadable; what it does not know is left alone.
struct AnswerReader {
    let node: JSONNode

    init(_ node: JSONNode) { self.node = node }

    /// An answer's whole body.
    init(_ reply: GatewayReply) throws(GatewayFailure) {
        do throws(JSONFailure) { node = try JSONDocument(parsing: reply.body).root } catch {
            throw .unreadable("\(error)")
        }
    }

    /// The object as it came.
    var json: [UInt8] { Array(node.rawBytes) }

    func text(_ name: String) throws(GatewayFailure) -> String {
        guard let text = node[name]?.string else { throw .unreadable("\(name) is missing") }
        return text
    }

    func optionalText(_ name: String) -> String? { node[name]?.string }

    /// An integer, written as a number or as a decimal string.
    func number(_ name: String) throws(GatewayFailure) -> UInt64 {
        guard let number = optionalNumber(name) else { throw .unreadable("\(name) is no number") }
        return number
    }

    func optionalNumber(_ name: String) -> UInt64? {
        (node[name]?.string ?? node[name]?.numberLexeme).flatMap { UInt64($0) }
    }

    func count(_ name: String) throws(GatewayFailure) -> Int { Int(clamping: try number(name)) }

    func flag(_ name: String) throws(GatewayFailure) -> Bool {
        guard let flag = node[name]?.bool else { throw .unreadable("\(name) is neither true nor false") }
        return flag
    }

    func optionalFlag(_ name: String) -> Bool? { node[name]?.bool }

    /// Bytes in base64; nil where null stands there.
    func optionalBytes(_ name: String) throws(GatewayFailure) -> [UInt8]? {
        node[name]?.kind == .null ? nil : try bytes(name)
    }

    /// Bytes in base64.
    func bytes(_ name: String) throws(GatewayFailure) -> [UInt8] {
        guard let bytes = Base64.decode(try text(name)) else { throw .unreadable("\(name) is no base64") }
        return bytes
    }

    /// Bytes in hex.
    func hex(_ name: String) throws(GatewayFailure) -> [UInt8] {
        guard let bytes = Hex.decode(try text(name)) else { throw .unreadable("\(name) is no hex") }
        return bytes
    }

    func texts(_ name: String) throws(GatewayFailure) -> [String] {
        guard let texts = optionalTexts(name) else { throw .unreadable("\(name) is no list of texts") }
        return texts
    }

    func optionalTexts(_ name: String) -> [String]? {
        guard let node = node[name], node.kind == .array else { return nil }
        let texts = node.elements.map(\.string)
        return texts.contains(nil) ? nil : texts.compactMap(\.self)
    }

    /// One object in another.
    func object(_ name: String) throws(GatewayFailure) -> AnswerReader {
        guard let object = node[name], object.kind == .object else { throw .unreadable("\(name) is missing") }
        return AnswerReader(object)
    }

    /// The elements of a list of objects.
    func objects(_ name: String) throws(GatewayFailure) -> [AnswerReader] {
        guard let list = node[name] else { throw .unreadable("\(name) is missing") }
        return try AnswerReader(list).objects()
    }

    /// The elements where the answer itself is a list.
    func objects() throws(GatewayFailure) -> [AnswerReader] {
        guard node.kind == .array else { throw .unreadable("a list is missing") }
        return node.elements.map(AnswerReader.init)
    }
}

/// What a call gives: typed members, and the JSON object that they were read from.
protocol GatewayAnswer: Sendable {
    init(_ reader: AnswerReader) throws(GatewayFailure)
}

extension GatewayAnswer {
    /// Reads the one object of an answer.
    init(_ reply: GatewayReply) throws(GatewayFailure) {
        try self.init(try AnswerReader(reply))
    }
}
