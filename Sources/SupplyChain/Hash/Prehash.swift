/// The string that an event hash is made of, while it is being written.
struct Prehash {
    let order: EventHash.Order
    private(set) var bytes: UTF8Text = []
    /// Where the parts of the lists being written begin; a stack.
    private var marks: [Int] = []
    private var sorted: UTF8Text = []

    init(order: EventHash.Order) {
        self.order = order
        bytes.reserveCapacity(1_024)
    }

    mutating func append(_ text: StaticString) { bytes.append(text) }

    mutating func append(_ text: UTF8Text) { bytes.append(contentsOf: text) }

    /// `key=value`, or nothing for an empty value.
    mutating func pair(_ key: StaticString, _ value: UTF8Text) {
        let value = CanonicalValue.trimmed(value[...])
        guard !value.isEmpty else { return }
        bytes.append(key)
        bytes.append(UInt8(ascii: "="))
        CanonicalValue.append(value, to: &bytes)
    }

    /// `=value`, or nothing for an empty value.
    mutating func value(_ value: UTF8Text) {
        let value = CanonicalValue.trimmed(value[...])
        guard !value.isEmpty else { return }
        bytes.append(UInt8(ascii: "="))
        CanonicalValue.append(value, to: &bytes)
    }

    /// `key=time`; text that is no time stays as it is.
    mutating func time(_ key: StaticString, _ value: UTF8Text) {
        let value = CanonicalValue.trimmed(value[...])
        guard !value.isEmpty else { return }
        bytes.append(key)
        bytes.append(UInt8(ascii: "="))
        if var time = CanonicalTime(value) {
            time.append(order == .referenceProgram ? .halfToEven : .fourthDecimal, to: &bytes)
        } else {
            bytes.append(contentsOf: value)
        }
    }

    /// A name and what is written inside it; nothing at all where that is nothing.
    mutating func parent(_ name: StaticString, _ write: (inout Prehash) -> Void) {
        let start = bytes.count
        bytes.append(name)
        let inside = bytes.count
        write(&self)
        if bytes.count == inside { bytes.removeSubrange(start...) }
    }

    /// Parts in byte order.
    mutating func parts(_ write: (inout Prehash, (inout Prehash) -> Void) -> Void) {
        let base = marks.count
        write(&self) { $0.marks.append($0.bytes.count) }
        if marks.count - base > 1 { sort(from: base) }
        marks.removeSubrange(base...)
    }

    /// One part for each element, in byte order.
    mutating func parts<Element>(_ elements: [Element], _ write: (inout Prehash, Element) -> Void) {
        let base = marks.count
        for element in elements {
            marks.append(bytes.count)
            write(&self, element)
        }
        if marks.count - base > 1 { sort(from: base) }
        marks.removeSubrange(base...)
    }

    /// Puts the parts that begin at the marks from `base` on in byte order.
    private mutating func sort(from base: Int) {
        let start = marks[base]
        let end = bytes.count
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(marks.count - base)
        for index in base..<marks.count {
            let range = marks[index]..<(index + 1 < marks.count ? marks[index + 1] : end)
            if !range.isEmpty { ranges.append(range) }
        }
        let isSorted = bytes.withUnsafeBufferPointer { buffer in
            var isSorted = true
            for index in ranges.indices.dropFirst() where Self.precedes(buffer, ranges[index], ranges[index - 1]) {
                isSorted = false
                break
            }
            if !isSorted { ranges.sort { Self.precedes(buffer, $0, $1) } }
            return isSorted
        }
        guard !isSorted else { return }
        sorted.removeAll(keepingCapacity: true)
        for range in ranges { sorted.append(contentsOf: bytes[range]) }
        bytes.replaceSubrange(start..<end, with: sorted)
    }

    private static func precedes(_ buffer: UnsafeBufferPointer<UInt8>, _ first: Range<Int>, _ second: Range<Int>)
        -> Bool
    {
        let count = min(first.count, second.count)
        for offset in 0..<count {
            let (left, right) = (buffer[first.lowerBound + offset], buffer[second.lowerBound + offset])
            if left != right { return left < right }
        }
        return first.count < second.count
    }
}
