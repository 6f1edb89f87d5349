/// Why bytes are not the CBOR that was asked for; `offset` is where the item or its head begins.
package enum CBORFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The input has more bytes than the profile reads.
    case tooLarge(byteCount: Int, byteCountMax: Int)
    /// The input ends inside an item, or a length or count goes past its end.
    case truncated(offset: Int)
    /// Bytes follow the item.
    case trailingBytes(offset: Int)
    /// Items nest deeper than the profile reads.
    case tooDeep(offset: Int)
    /// Additional information 28 to 30, a break without a beginning, or a two-byte simple value below 24.
    case malformedHead(offset: Int)
    /// An argument is not in its shortest form.
    case notShortest(offset: Int)
    /// An indefinite length where lengths are definite.
    case indefiniteLength(offset: Int)
    /// A chunk of an indefinite string is not a definite string of the same type.
    case malformedChunk(offset: Int)
    /// Text that is not UTF-8.
    case invalidUTF8(offset: Int)
    /// A float, undefined, or a simple value other than false, true and null.
    case refusedSimple(offset: Int)
    /// A tag that the profile does not list.
    case refusedTag(UInt64, offset: Int)
    /// A map key that is neither integer nor text.
    case refusedKey(offset: Int)
    /// A map key that is not above the one before it in bytewise order.
    case unorderedKey(offset: Int)
    /// A map key given twice.
    case duplicateKey(offset: Int)

    package var description: String {
        switch self {
        case .tooLarge(let count, let max): "\(count) bytes, more than the \(max) that are read"
        case .truncated(let offset): "byte \(offset): the input ends inside an item"
        case .trailingBytes(let offset): "byte \(offset): something follows the item"
        case .tooDeep(let offset): "byte \(offset): items nest too deep"
        case .malformedHead(let offset): "byte \(offset): no item begins so"
        case .notShortest(let offset): "byte \(offset): a number is not in its shortest form"
        case .indefiniteLength(let offset): "byte \(offset): a length is indefinite"
        case .malformedChunk(let offset): "byte \(offset): a chunk is not of its string's type"
        case .invalidUTF8(let offset): "byte \(offset): text is not UTF-8"
        case .refusedSimple(let offset): "byte \(offset): a float or simple value that is not read"
        case .refusedTag(let tag, let offset): "byte \(offset): tag \(tag) is not read"
        case .refusedKey(let offset): "byte \(offset): a map key is neither integer nor text"
        case .unorderedKey(let offset): "byte \(offset): a map key is out of order"
        case .duplicateKey(let offset): "byte \(offset): a map key is given twice"
        }
    }
}
