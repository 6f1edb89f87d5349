internal import CVectorKernels

/// The arithmetic of `CVectorKernels` behind bounds: the only file that hands pointers to C.
///
/// Every set of kernels gives the same integers (a test compares those that a processor offers).
@safe package struct Kernels: @unchecked Sendable {
    // A constant table of functions with static lifetime, never written.
    private let table: UnsafePointer<vector_kernels>

    /// What this processor runs fastest, of the sets that compute here what plain C computes.
    ///
    /// A set that did not would part this node from the ledger: it is not used, however fast.
    package static let best = available.first { $0.computes(as: available.last!) }!

    /// All that this processor can run, the fastest first and plain C last.
    package static let available: [Kernels] = (0..<vector_kernels_count()).compactMap { index in
        let kernels = unsafe Kernels(table: vector_kernels_at(index))
        return unsafe kernels.table.pointee.is_available() ? kernels : nil
    }

    package var name: String { unsafe String(cString: table.pointee.name) }

    private init(table: UnsafePointer<vector_kernels>) { unsafe self.table = table }

    /// The dot product of two vectors of one length.
    package func dot(_ left: [Int8], _ right: [Int8]) -> Int32 {
        precondition(left.count == right.count)
        return unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                // Both have `count` bytes.
                unsafe left.isEmpty ? 0 : table.pointee.dot(left.baseAddress!, right.baseAddress!, left.count)
            }
        }
    }

    /// The dot product with one of a list's vectors.
    func dot(_ query: [Int8], row: Int, of rows: Column<Int8>) -> Int32 { dot(query, row: row, of: rows.span) }

    /// The dot product with one row of many.
    func dot(_ query: [Int8], row: Int, of rows: Span<Int8>) -> Int32 {
        precondition(row >= 0 && (row + 1) * query.count <= rows.count)
        return unsafe query.withUnsafeBufferPointer { query in
            unsafe rows.withUnsafeBufferPointer { rows in
                // The row lies within.
                unsafe table.pointee.dot(query.baseAddress!, rows.baseAddress! + row * query.count, query.count)
            }
        }
    }

    /// Appends the dot products with `count` rows.
    package func dots(_ query: [Int8], rows: [Int8], count: Int, into out: inout [Int32]) {
        dots(query, rows: rows.span, count: count, into: &out)
    }

    /// The same of a list's vectors.
    func dots(_ query: [Int8], rows: Column<Int8>, count: Int, into out: inout [Int32]) {
        dots(query, rows: rows.span, count: count, into: &out)
    }

    /// The same of rows wherever they lie.
    func dots(_ query: [Int8], rows: Span<Int8>, count: Int, into out: inout [Int32]) {
        precondition(count * query.count <= rows.count)
        guard count > 0 else { return }
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: count))
        unsafe query.withUnsafeBufferPointer { query in
            unsafe rows.withUnsafeBufferPointer { rows in
                unsafe out.withUnsafeMutableBufferPointer { out in
                    // All rows lie within, and so do the results.
                    unsafe table.pointee.dot_rows(
                        query.baseAddress!, rows.baseAddress!, count, query.count, out.baseAddress! + start)
                }
            }
        }
    }

    /// The row of a table that is nearest to a vector (squared L2, of equal ones the first), and its score.
    ///
    /// `scores` is scratch: what it holds before and after means nothing.
    func nearest(_ vector: [Int8], rows: [Int8], norms: [Int32], scores: inout [Int32]) -> (score: Int32, row: Int) {
        let count = norms.count
        precondition(count > 0 && count * vector.count <= rows.count)
        if scores.count < count { scores = [Int32](repeating: 0, count: 2 * count) }
        return unsafe vector.withUnsafeBufferPointer { vector in
            unsafe rows.withUnsafeBufferPointer { rows in
                unsafe norms.withUnsafeBufferPointer { norms in
                    unsafe scores.withUnsafeMutableBufferPointer { scores in
                        // All rows lie within, and there are `count` scores and norms.
                        unsafe table.pointee.dot_rows(
                            vector.baseAddress!, rows.baseAddress!, count, vector.count, scores.baseAddress!)
                        var least = Int32.max
                        for row in 0..<count {
                            // Below 2^31 (`EntryCode`).
                            unsafe scores[row] = norms[row] &- 2 &* scores[row]
                            least = unsafe min(least, scores[row])
                        }
                        var row = 0
                        while unsafe scores[row] != least { row += 1 }
                        return (least, row)
                    }
                }
            }
        }
    }

    /// Where the elements of an array stand: for `prefetch` alone.
    static func address<Element>(of array: [Element]) -> UInt {
        unsafe array.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }

    /// Asks for elements that will be read soon, from an address that may be stale, and for the head of the array.
    static func prefetch<Element>(_ type: Element.Type, at address: UInt, from start: Int, count: Int) {
        let stride = MemoryLayout<Element>.stride
        // Length and count of references stand in the 32 bytes before the first element. A hint may point anywhere.
        unsafe vector_prefetch(UnsafeRawPointer(bitPattern: address &- 32), 1)
        unsafe vector_prefetch(UnsafeRawPointer(bitPattern: address &+ UInt(start * stride)), count * stride)
    }

    /// Adds one row of many to sums.
    func add(row: Int, of rows: Span<Int8>, to sums: inout [Int32]) {
        let dimension = sums.count
        precondition(row >= 0 && (row + 1) * dimension <= rows.count)
        unsafe rows.withUnsafeBufferPointer { rows in
            unsafe sums.withUnsafeMutableBufferPointer { sums in
                guard let start = rows.baseAddress, let out = sums.baseAddress else { return }
                // The row lies within.
                unsafe table.pointee.add(start + row * dimension, dimension, out)
            }
        }
    }

    /// What a vector leaves beside a centroid.
    struct Residual {
        var squares: Int
        var magnitudes: Int
        /// Its product with the centroid.
        var centroid: Int
        /// The product of its signs with the centroid.
        var signedCentroid: Int
        /// The vector's squared length.
        var norm: Int
    }

    /// Signs of a row minus `centroid` into `bits`, whose length is the plane count.
    func residual(row: Int, of rows: Span<Int8>, _ centroid: [Int8], bits: inout [UInt8]) -> Residual {
        let dimension = centroid.count
        precondition(row >= 0 && (row + 1) * dimension <= rows.count && bits.count * 8 >= (dimension + 15) / 16 * 16)
        var sums: (Int64, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 0)
        unsafe rows.withUnsafeBufferPointer { rows in
            unsafe centroid.withUnsafeBufferPointer { centroid in
                unsafe bits.withUnsafeMutableBufferPointer { bits in
                    unsafe withUnsafeMutableBytes(of: &sums) { sums in
                        // Five sums, and a bit for each dimension.
                        unsafe table.pointee.residual(
                            rows.baseAddress! + row * dimension, centroid.baseAddress!, dimension, UInt32(bits.count),
                            bits.baseAddress!,
                            sums.baseAddress!.assumingMemoryBound(to: Int64.self))
                    }
                }
            }
        }
        return Residual(
            squares: Int(sums.0), magnitudes: Int(sums.1), centroid: Int(sums.2), signedCentroid: Int(sums.3),
            norm: Int(sums.4))
    }

    /// Scans codes of lists for one query, and keeps the entries with the smallest keys.
    ///
    /// Its memory is its own, from init to deinit, so that a list costs no more than its scan.
    @safe struct Scan: ~Copyable {
        private let kernels: Kernels
        private let table: UnsafeMutableBufferPointer<UInt8>
        private let items: UnsafeMutableBufferPointer<UInt64>
        private var query = unsafe vector_scan_query()
        private var selection = unsafe vector_selection()

        /// A scan that keeps `capacity` entries.
        init(_ kernels: Kernels, query vector: [Int8], metric: Metric, planeCount: Int, capacity: Int) {
            precondition(planeCount * 8 >= vector.count && planeCount % 2 == 0)
            self.kernels = kernels
            // 32 bytes a plane.
            unsafe table = .allocate(capacity: planeCount * 32)
            unsafe items = .allocate(capacity: Selection.room(capacity))
            unsafe selection = vector_selection(
                items: items.baseAddress, count: 0, capacity: UInt32(capacity), room: UInt32(items.count), bound: .max)
            unsafe query.plane_count = UInt32(planeCount)
            unsafe query.product_shift = EntryCode.productShift(dimension: vector.count)
            unsafe query.weight = metric == .squaredL2 ? 2 : 1
            unsafe vector.withUnsafeBufferPointer { vector in
                unsafe vector_scan_prepare(&query, vector.baseAddress!, vector.count, table.baseAddress!)
            }
        }

        deinit {
            unsafe table.deallocate()
            unsafe items.deallocate()
        }

        /// Offers the entries of a list.
        mutating func list(codes: [UInt8], count: Int, centroid: Int32, rank: Int, masks: [UInt16]?) {
            let chunks = (count + IndexRules.chunk - 1) / IndexRules.chunk
            precondition(unsafe chunks * vector_chunk_bytes(query.plane_count) <= codes.count)
            precondition((masks?.count ?? chunks) >= chunks && rank < 1 << 16 && count <= 1 << 16)
            // All chunks of the list lie within, and a mask for each.
            unsafe codes.withUnsafeBufferPointer { codes in
                guard let masks else {
                    return unsafe kernels.table.pointee.scan_list(
                        &query, codes.baseAddress!, count, centroid, UInt32(rank), nil, &selection)
                }
                unsafe masks.withUnsafeBufferPointer { masks in
                    unsafe kernels.table.pointee.scan_list(
                        &query, codes.baseAddress!, count, centroid, UInt32(rank), masks.baseAddress, &selection)
                }
            }
        }

        /// Key and ordinal of what is kept, in an order that follows from what was offered and means nothing.
        mutating func smallest() -> [UInt64] {
            unsafe vector_selection_trim(&selection)
            return unsafe Array(items[..<Int(selection.count)])
        }
    }
}

/// The smallest of the keys that were offered; of equal keys the one with the lower ordinal.
struct Selection {
    private var items: [UInt64]
    private var count: UInt32 = 0
    private var bound = UInt64.max
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        items = [UInt64](repeating: 0, count: Self.room(capacity))
    }

    /// As many again, and a few: the larger half goes when they are full, in one pass over all.
    static func room(_ capacity: Int) -> Int { 2 * capacity + 16 }

    /// Keys with ordinals from `first` on.
    mutating func offer(_ keys: [Int32], first: Int = 0) {
        unsafe withItems { items in
            unsafe keys.withUnsafeBufferPointer { keys in
                guard let start = keys.baseAddress else { return }
                unsafe vector_selection_offer(&items, start, keys.count, UInt32(first))
            }
        }
    }

    /// Key and ordinal of each, in an order that follows from what was offered and means nothing.
    mutating func smallest() -> ArraySlice<UInt64> {
        unsafe withItems { unsafe vector_selection_trim(&$0) }
        return items[..<Int(count)]
    }

    /// Key and ordinal by rising key, then ordinal; nothing is offered afterwards.
    mutating func sorted() -> ArraySlice<UInt64> {
        unsafe withItems { unsafe vector_selection_sort(&$0) }
        return items[..<Int(count)]
    }

    static func ordinal(_ item: UInt64) -> Int { Int(item & 0xffff_ffff) }
    static func key(_ item: UInt64) -> Int32 { Int32(bitPattern: UInt32(item >> 32) ^ 0x8000_0000) }

    private mutating func withItems(_ body: (inout vector_selection) -> Void) {
        let capacity = UInt32(capacity)
        let held = (count: count, bound: bound)
        (count, bound) = unsafe items.withUnsafeMutableBufferPointer { buffer in
            // No more than `room` items are ever held.
            var selection = unsafe vector_selection(
                items: buffer.baseAddress, count: held.count, capacity: capacity, room: UInt32(buffer.count),
                bound: held.bound)
            unsafe body(&selection)
            return unsafe (selection.count, selection.bound)
        }
    }
}
