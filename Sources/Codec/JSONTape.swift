/// The kinds of JSON values.
package enum JSONKind: UInt8, Hashable, Sendable {
    case null, boolean, number, string, array, object
}

/// The source of a document and one entry for each value and name, in the order of the text.
///
/// | entry field | scalar or name | array, object |
/// |---|---|---|
/// | `start`, `end` | its bytes; of a string, those between the quotes | from bracket to bracket, both included |
/// | `next` | the index after it | the index after everything inside |
/// | `count` | 0 | how many elements or members |
///
/// A member is two entries: its name, then its value. Seen across modules for validators, which walk the bare tape.
package final class JSONTape: Sendable {
    package struct Entry: Sendable {
        package var start: UInt32
        package var end: UInt32
        package var next: UInt32
        package var count: UInt32
        package var kind: JSONKind
        package var hasEscapes: Bool
    }

    package let source: [UInt8]
    package let entries: [Entry]

    init(source: [UInt8], entries: [Entry]) {
        self.source = source
        self.entries = entries
    }

    /// The bytes of an entry in the source.
    func range(_ index: Int) -> Range<Int> { Int(entries[index].start)..<Int(entries[index].end) }

    /// The content of a string entry, unescaped; without escapes a view of the source.
    package func content(_ index: Int) -> ArraySlice<UInt8> {
        let raw = source[range(index)]
        return entries[index].hasEscapes ? JSONText.unescaped(raw)[...] : raw
    }

    /// The content of a string entry.
    package func string(_ index: Int) -> String { String(decoding: content(index), as: UTF8.self) }

    /// Whether a string entry has this content.
    func contentEquals(_ index: Int, _ text: some Collection<UInt8>) -> Bool {
        let entry = entries[index]
        if entry.hasEscapes { return content(index).elementsEqual(text) }
        guard Int(entry.end - entry.start) == text.count else { return false }
        var position = Int(entry.start)
        for byte in text {
            guard source[position] == byte else { return false }
            position += 1
        }
        return true
    }
}
