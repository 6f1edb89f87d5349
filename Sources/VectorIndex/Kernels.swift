internal import CVectorKernels

/// The arithmetic of `CVectorKernels` behind bounds: this file, `Selection`, `ScanLists` and `ListScores` alone hand pointers
/// to C.
///
/// Every set of kernels gives the same integers (a test compares those that a processor offers).
@safe package struct Kernels: @unchecked Sendable {
    // A constant table of functions with static lifetime, never written.
    let table: UnsafePointer<vector_kernels>

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

    /// The dot product with one row of many.
    package func dot(_ query: [Int8], row: Int, of rows: [Int8]) -> Int32 {
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
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: count))
        unsafe out.withUnsafeMutableBufferPointer { out in
            // There are `count` elements from there on.
            guard let first = out.baseAddress else { return }
            unsafe dots(query, rows: rows, count: count, to: first + start)
        }
    }

    /// Writes the dot products with `count` rows to memory with room for them.
    func dots(_ query: [Int8], rows: Span<Int8>, count: Int, to out: UnsafeMutablePointer<Int32>) {
        precondition(count * query.count <= rows.count)
        unsafe query.withUnsafeBufferPointer { query in
            unsafe rows.withUnsafeBufferPointer { rows in
                guard let start = query.baseAddress, let first = rows.baseAddress else { return }
                // All rows lie within.
                unsafe table.pointee.dot_rows(start, first, count, query.count, out)
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

    /// Dot products with rows anywhere.
    func dots(_ query: [Int8], _ rows: RowAddresses) -> [Int32] {
        precondition(rows.dimension == query.count)
        return unsafe [Int32](unsafeUninitializedCapacity: rows.count) { out, count in
            count = rows.count
            guard count > 0 else { return }
            unsafe query.withUnsafeBufferPointer { query in
                unsafe rows.withPointers { rows in
                    // A result for each row, and as many bytes in each as in the query.
                    unsafe table.pointee.dot_rows_at(
                        query.baseAddress!, rows.baseAddress!, rows.count, query.count, out.baseAddress!)
                }
            }
        }
    }

    /// Squared lengths of rows anywhere.
    func squares(_ rows: RowAddresses) -> [Int32] {
        unsafe [Int32](unsafeUninitializedCapacity: rows.count) { out, count in
            count = rows.count
            unsafe rows.withPointers { pointers in
                for unsafe(index, row) in unsafe pointers.enumerated() {
                    unsafe out[index] = table.pointee.dot(row!, row!, rows.dimension)
                }
            }
        }
    }

    /// Asks for elements that will be read soon, from an address that may be stale, and for the head of the array.
    static func prefetch<Element>(_ type: Element.Type, at address: UInt, from start: Int, count: Int) {
        let stride = MemoryLayout<Element>.stride
        // Length and count of references stand in the 32 bytes before the first element. A hint may point anywhere.
        unsafe vector_prefetch(UnsafeRawPointer(bitPattern: address &- 32), 1)
        unsafe vector_prefetch(UnsafeRawPointer(bitPattern: address &+ UInt(start * stride)), count * stride)
    }

    /// Asks for the bytes at an address.
    static func prefetch(at address: UInt) {
        // A hint may point anywhere.
        unsafe vector_prefetch(UnsafeRawPointer(bitPattern: address), 1)
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
        private var query = unsafe vector_scan_query()
        private var selection: Selection

        /// A scan that keeps `capacity` entries.
        init(_ kernels: Kernels, query vector: [Int8], metric: Metric, planeCount: Int, capacity: Int) {
            precondition(planeCount * 8 >= vector.count && planeCount % 2 == 0)
            self.kernels = kernels
            selection = Selection(kernels, capacity: capacity)
            // 32 bytes a plane.
            unsafe table = .allocate(capacity: planeCount * 32)
            unsafe query.plane_count = UInt32(planeCount)
            unsafe query.sum_shift = EntryCode.sumShift(dimension: vector.count)
            unsafe query.weight = metric == .squaredL2 ? 2 : 1
            unsafe vector.withUnsafeBufferPointer { vector in
                unsafe vector_scan_prepare(&query, vector.baseAddress!, vector.count, table.baseAddress!)
            }
        }

        deinit { unsafe table.deallocate() }

        /// Offers the entries of lists; each list's place among these is the upper part of their ordinals.
        mutating func lists(_ lists: ScanLists) {
            precondition(unsafe lists.count <= 1 << 16 && lists.planeCount == Int(query.plane_count))
            unsafe lists.withPointers { lists in
                guard let start = lists.baseAddress else { return }
                unsafe kernels.table.pointee.scan_lists(&query, start, lists.count, &selection.state)
            }
        }

        /// What is kept, in the order of the ordinals.
        mutating func smallest() -> [Selection.Candidate] { selection.smallest() }
    }
}
