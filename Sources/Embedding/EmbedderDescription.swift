/// The lines of a description, read.
///
/// The text is ours and generated, so what does not read is our bug: preconditions, no failures.
struct EmbedderDescription: Sendable {
    struct Fold: Sendable {
        var first: Int
        var last: Int
        var step: Int
        var delta: Int
    }

    private(set) var parameters: [String: Int] = [:]
    private(set) var quiet: [String] = []
    /// Sorted, none touching another.
    private(set) var separators: [ClosedRange<Int>] = []
    private(set) var folds: [Fold] = []

    init(_ text: String) {
        let lines = text.split(separator: "\n")
        precondition(lines.first.map(String.init) == EmbeddingDomain.description)
        for line in lines.dropFirst() {
            let fields = line.split(separator: " ").map(String.init)
            switch fields[0] {
            case "quiet": quiet.append(fields[1])
            case "separator":
                let range = Self.number(fields[1], radix: 16)...Self.number(fields[2], radix: 16)
                precondition(separators.last.map { $0.upperBound < range.lowerBound } ?? true)
                let direct = CharacterTable.directCount
                precondition((range.lowerBound < direct) == (range.upperBound < direct))
                separators.append(range)
            case "fold":
                let fold = Fold(
                    first: Self.number(fields[1], radix: 16), last: Self.number(fields[2], radix: 16),
                    step: Self.number(fields[3]), delta: Self.number(fields[4]))
                precondition(fold.last < CharacterTable.directCount)
                folds.append(fold)
            default:
                precondition(fields.count == 2 && parameters[fields[0]] == nil)
                parameters[fields[0]] = Self.number(fields[1])
            }
        }
    }

    /// A parameter that must be there.
    func parameter(_ name: String) -> Int {
        guard let value = parameters[name] else { preconditionFailure("no parameter \(name)") }
        return value
    }

    private static func number(_ text: String, radix: Int = 10) -> Int {
        guard let number = Int(text, radix: radix) else { preconditionFailure("no number: \(text)") }
        return number
    }
}
