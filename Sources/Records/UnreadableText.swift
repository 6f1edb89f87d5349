import Codec
import SchemaValidation

extension JSONFailure {
    /// What a person who sent the text is told; the place stands beside it.
    var text: String {
        switch self {
        case .refused(let fault, _): fault.text
        case .tooLarge(_, let max): "the text has more than \(max) bytes"
        case .numberOutOfRange(let lexeme): "the number \(lexeme) is out of range"
        case .duplicateName(let name): "the member \"\(name)\" is given twice"
        }
    }
}

extension JSONFault {
    /// What is wrong, in a sentence without its end.
    var text: String {
        switch self {
        case .unexpectedByte(let byte): "\(Self.shown(byte)) cannot stand here"
        case .unexpectedEnd: "the text ends inside a value"
        case .trailingBytes: "something follows the value"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .controlCharacter(let byte): "the control character 0x\(Hex.encode([byte])) stands unescaped in a string"
        case .invalidEscape: "the escape is none that JSON knows"
        case .loneSurrogate: "an escaped surrogate stands without its other half"
        case .malformedNumber: "the number is not written as JSON writes numbers"
        case .duplicateName(let name): "the member \"\(name)\" is given twice"
        case .tooDeep(let max): "values nest deeper than \(max) levels"
        case .tooManyNodes(let max): "there are more than \(max) values and names"
        }
    }

    private static func shown(_ byte: UInt8) -> String {
        (0x21...0x7e).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(Hex.encode([byte]))"
    }
}

extension XMLFailure {
    /// What a person who sent the document is told; the place stands beside it.
    var text: String { detail.isEmpty ? reason.rawValue : "\(reason.rawValue): \(detail)" }
}
