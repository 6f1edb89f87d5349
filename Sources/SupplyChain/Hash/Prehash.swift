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

    /// Begins anew in the same memory.
    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

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
        guard !isSorted(from: base) else { return }
        var ranges = (base..<marks.count).map(part)
        bytes.withUnsafeBufferPointer { buffer in ranges.sort { Self.precedes(buffer, $0, $1) } }
        sorted.removeAll(keepingCapacity: true)
        for range in ranges { sorted.append(contentsOf: bytes[range]) }
        bytes.replaceSubrange(marks[base]..., with: sorted)
    }

    /// Where the part of a mark lies.
    private func part(_ index: Int) -> Range<Int> {
        marks[index]..<(index + 1 < marks.count ? marks[index + 1] : bytes.count)
    }

    /// Whether the parts are in order already, as most are; those with nothing in them are nowhere.
    private func isSorted(from base: Int) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            var last = marks[base]..<marks[base]
            for index in base..<marks.count {
                let next = part(index)
                if next.isEmpty { continue }
                if Self.precedes(buffer, next, last) { return false }
                last = next
            }
            return true
        }
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
