/// The program's names, found by their bytes.
struct SymbolTable: Sendable {
    let bytes: [UInt8]
    /// Where each symbol's bytes begin, and one end behind the last.
    let starts: [Int32]
    /// Symbols by hash, open addressing; -1 in an empty slot.
    ///
    /// Their number is a power of two.
    let slots: [Int32]
    /// Longer texts are no symbols.
    let byteCountMax: Int

    init(_ symbols: [String]) {
        var bytes: [UInt8] = []
        var starts: [Int32] = [0]
        var size = 8
        while size < symbols.count * 4 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        let mask = UInt32(size - 1)
        for (number, symbol) in symbols.enumerated() {
            let start = bytes.count
            bytes.append(contentsOf: symbol.utf8)
            starts.append(Int32(bytes.count))
            var slot = Self.hash(bytes.span, start, bytes.count) & mask
            while slots[Int(slot)] >= 0 { slot = (slot + 1) & mask }
            slots[Int(slot)] = Int32(number)
        }
        byteCountMax = symbols.map(\.utf8.count).max() ?? -1
        (self.bytes, self.starts, self.slots) = (bytes, starts, slots)
    }

    func name(_ symbol: Int32) -> String {
        String(decoding: bytes[Int(starts[Int(symbol)])..<Int(starts[Int(symbol) + 1])], as: UTF8.self)
    }

    /// Length and four bytes.
    ///
    /// The program alone decides what is in the table, so a document cannot make its probes long.
    @inline(__always)
    static func hash(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32 {
        guard end > start else { return 0 }
        let count = end &- start
        var hash = UInt32(truncatingIfNeeded: count)
        hash = hash &* 31 &+ UInt32(text[start])
        hash = hash &* 31 &+ UInt32(text[end &- 1])
        hash = hash &* 31 &+ UInt32(text[start &+ count >> 1])
        hash = hash &* 31 &+ UInt32(text[start &+ count >> 2])
        return hash ^ hash >> 7
    }
}
