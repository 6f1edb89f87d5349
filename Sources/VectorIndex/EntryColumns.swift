internal import Cryptography
internal import Synchronization

/// What a list holds of its entries beside their codes: ids, labels, hashes of the records, subjects and vectors, a column
/// each, in one piece of memory.
///
/// Copies share it. An append writes behind what every other copy sees, in place, if no other copy did so before; so a
/// block that adds to a list copies nothing of it, 15 times of 16. Whatever else writes has the memory alone or takes a
/// memory of its own.
///
/// `@unchecked`: a place is written once, by the one copy that claimed it, before that copy is handed to anyone, and only
/// read after that; it is written again only while a single copy exists.
@safe struct EntryColumns: @unchecked Sendable {
    /// Room for a number of entries, which frees itself.
    @safe final class Memory {
        private let allocation: UnsafeMutableRawPointer
        /// At the begin of a cache line, so that vectors of whole lines are read in as many.
        fileprivate let base: UnsafeMutableRawPointer
        /// Places that a copy has claimed.
        fileprivate let filled: Atomic<Int>

        fileprivate init(byteCount: Int, filled: Int) {
            // Aligned here: the allocator leaves a gap for each memory that it aligns to more than 16 bytes.
            unsafe allocation = .allocate(byteCount: byteCount + 48, alignment: 16)
            unsafe base = allocation.alignedUp(toMultipleOf: 64)
            self.filled = Atomic(filled)
        }

        /// Claims a place for the one copy that asks first; nothing before it is read through this, so no order is needed.
        fileprivate func claim(_ place: Int) -> Bool {
            filled.compareExchange(expected: place, desired: place + 1, ordering: .relaxed).exchanged
        }

        // Plain bytes, which need no destruction.
        deinit { unsafe allocation.deallocate() }
    }

    /// Bytes of an entry beside its vector.
    private static let headBytes =
        MemoryLayout<UInt64>.stride + MemoryLayout<EntryLabel>.stride + MemoryLayout<Digest>.stride
        + MemoryLayout<Subject>.stride

    private var memory: Memory?
    /// The memory's, here because asking the memory waits for it.
    private var base: UnsafeMutableRawPointer?
    private var held: UInt32 = 0
    /// A multiple of `IndexRules.chunk`.
    private var capacity: UInt32 = 0
    private let width: UInt32

    /// No entries yet.
    init(dimension: Int) {
        unsafe base = nil
        width = UInt32(dimension)
    }

    var count: Int { Int(held) }
    var dimension: Int { Int(width) }

    // MARK: Reading

    var ids: Column<UInt64> { column(at: 0, count: count) }
    var labels: Column<EntryLabel> { column(at: labelOffset, count: count) }
    /// Hashes of the records.
    var leaves: Column<Digest> { column(at: leafOffset, count: count) }
    var subjects: Column<Subject> { column(at: subjectOffset, count: count) }
    /// One vector after another.
    var vectors: Column<Int8> { column(at: vectorOffset, count: count * dimension) }

    var idsAddress: UInt { unsafe UInt(bitPattern: base) }
    var addresses: (ids: UInt, labels: UInt, leaves: UInt) {
        (idsAddress, idsAddress &+ UInt(labelOffset), idsAddress &+ UInt(leafOffset))
    }
    var vectorsAddress: UInt { unsafe UInt(bitPattern: base) &+ UInt(vectorOffset) }

    private var labelOffset: Int { Int(capacity) * MemoryLayout<UInt64>.stride }
    private var leafOffset: Int { labelOffset + Int(capacity) * MemoryLayout<EntryLabel>.stride }
    private var subjectOffset: Int { leafOffset + Int(capacity) * MemoryLayout<Digest>.stride }
    private var vectorOffset: Int { Int(capacity) * Self.headBytes }

    @inline(__always)
    private func column<Element>(at offset: Int, count: Int) -> Column<Element> {
        // The column has room for `capacity` elements, of which `count` are written.
        unsafe Column(start: start(at: offset, of: Element.self), count: count, memory: memory)
    }

    /// Where an offset lies; where there is no memory, nothing is read.
    @inline(__always)
    private func start<Element>(at offset: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
        guard let base = unsafe base else { return unsafe UnsafeMutablePointer(bitPattern: 16)! }
        return unsafe (base + offset).assumingMemoryBound(to: type)
    }

    // MARK: Writing

    mutating func append(_ entry: VectorEntry, leaf: Digest) {
        precondition(entry.vector.count == dimension)
        if !claim() { move(room: count + 1) }
        held += 1
        write(entry.id, at: 0, place: count - 1)
        write(entry.label, at: labelOffset, place: count - 1)
        write(leaf, at: leafOffset, place: count - 1)
        write(entry.subject, at: subjectOffset, place: count - 1)
        unsafe entry.vector.withUnsafeBufferPointer { vector in
            guard let bytes = vector.baseAddress else { return }
            // A row of its own, `dimension` bytes long as the vector is.
            let row = unsafe start(at: vectorOffset + (count - 1) * dimension, of: Int8.self)
            unsafe row.update(from: bytes, count: dimension)
        }
    }

    /// The last entry takes another's place.
    mutating func removeBySwap(_ place: Int) {
        precondition(place >= 0 && place < count)
        if place != count - 1 {
            if !isKnownUniquelyReferenced(&memory) { move(room: count) }
            for (offset, size) in columns {
                // Both are elements that are held, and not the same.
                unsafe start(at: offset + place * size, of: UInt8.self).update(
                    from: start(at: offset + (count - 1) * size, of: UInt8.self), count: size)
            }
        }
        held -= 1
    }

    mutating func removeAll() { self = EntryColumns(dimension: dimension) }

    /// Offset and size of an element of each column.
    private var columns: [(offset: Int, size: Int)] {
        [
            (0, MemoryLayout<UInt64>.stride), (labelOffset, MemoryLayout<EntryLabel>.stride),
            (leafOffset, MemoryLayout<Digest>.stride), (subjectOffset, MemoryLayout<Subject>.stride),
            (vectorOffset, dimension),
        ]
    }

    /// Whether the place behind the last entry is this copy's to write.
    private mutating func claim() -> Bool {
        guard held < capacity, let claimed = memory?.claim(count) else { return false }
        if claimed { return true }
        guard isKnownUniquelyReferenced(&memory) else { return false }
        memory?.filled.store(count + 1, ordering: .relaxed)
        return true
    }

    private mutating func move(room: Int) {
        let old = self
        capacity = UInt32(IndexRules.chunks(room) * IndexRules.chunk)
        let memory = Memory(byteCount: Int(capacity) * (Self.headBytes + dimension), filled: room)
        unsafe base = memory.base
        self.memory = memory
        guard old.held > 0 else { return }
        // What is copied may be held by `old` alone.
        withExtendedLifetime(old) {
            for (from, to) in zip(old.columns, columns) {
                // `count` elements of the same size, in other memory.
                unsafe start(at: to.offset, of: UInt8.self).update(
                    from: old.start(at: from.offset, of: UInt8.self), count: old.count * from.size)
            }
        }
    }

    /// Writes an element of a column; the place is this copy's.
    @inline(__always)
    private func write<Element>(_ value: Element, at offset: Int, place: Int) {
        unsafe start(at: offset, of: Element.self)[place] = value
    }
}

/// One column of a list's entries; it keeps their memory.
@safe struct Column<Element> {
    private let start: UnsafeMutablePointer<Element>
    let count: Int
    private let memory: EntryColumns.Memory?

    /// `count` elements from `start` on are written in a memory, for as long as it lives.
    @inline(__always)
    fileprivate init(start: UnsafeMutablePointer<Element>, count: Int, memory: EntryColumns.Memory?) {
        unsafe self.start = start
        self.count = count
        self.memory = memory
    }

    subscript(place: Int) -> Element {
        @inline(__always)
        get {
            precondition(place >= 0 && place < count)
            // Within what is written.
            return withExtendedLifetime(memory) { unsafe start[place] }
        }
    }

    /// All elements, while `self` is held.
    var span: Span<Element> {
        @_lifetime(borrow self)
        @inline(__always)
        get { unsafe _overrideLifetime(Span(_unsafeStart: start, count: count), borrowing: self) }
    }

    /// Copies of some elements.
    func elements(_ range: Range<Int>) -> ArraySlice<Element> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // Within what is written.
        return withExtendedLifetime(memory) {
            unsafe Array(UnsafeBufferPointer(start: start + range.lowerBound, count: range.count))[...]
        }
    }

    /// Copies of all.
    func elements() -> [Element] { Array(elements(0..<count)) }
}
