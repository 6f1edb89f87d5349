internal import CVectorKernels

// What a search reads stands in many arrays, and taking each of them anew would cost more than to read it. So their
// elements are named by address: they stay where they are for as long as somebody holds the array and nobody writes to it.
// Whoever appends an address keeps the array so until the kernels are done with it; a search borrows its source meanwhile.

/// The lists of one scan.
@safe struct ScanLists {
    let planeCount: Int
    private var lists: [vector_list] = unsafe []
    /// Masks of all lists, one list after another; none where every entry is wanted.
    private var masks: [UInt16] = []

    init(planeCount: Int, capacity: Int) {
        self.planeCount = planeCount
        unsafe lists.reserveCapacity(capacity)
    }

    var count: Int { unsafe lists.count }

    /// Appends a list whose chunks of codes stand at an address.
    ///
    /// `masks` has a number a chunk, with the bits of the entries that are wanted; all lists have them, or none.
    mutating func append(codes: UInt, count: Int, centroid: Int32, masks: [UInt16]? = nil) {
        let chunks = IndexRules.chunks(count)
        precondition(count <= 1 << 16 && (count == 0 || codes != 0) && (masks?.count ?? chunks) == chunks)
        if let masks { self.masks += masks }
        unsafe lists.append(
            vector_list(
                codes: UnsafePointer(bitPattern: codes), masks: nil, count: UInt32(count), centroid: centroid))
    }

    /// The lists with their masks, as the kernels take them.
    func withPointers(_ body: (UnsafeBufferPointer<vector_list>) -> Void) {
        guard !masks.isEmpty else { return unsafe lists.withUnsafeBufferPointer(body) }
        var masked = unsafe lists
        unsafe masks.withUnsafeBufferPointer { masks in
            var start = 0
            for index in unsafe masked.indices {
                unsafe masked[index].masks = masks.baseAddress! + start
                unsafe start += IndexRules.chunks(Int(masked[index].count))
            }
            unsafe masked.withUnsafeBufferPointer(body)
        }
    }
}

/// Vectors of one length.
@safe struct RowAddresses {
    let dimension: Int
    private var rows: [UnsafePointer<Int8>?] = unsafe []

    init(dimension: Int, capacity: Int) {
        self.dimension = dimension
        unsafe rows.reserveCapacity(capacity)
    }

    var count: Int { unsafe rows.count }

    mutating func append(_ address: UInt) {
        precondition(address != 0)
        unsafe rows.append(UnsafePointer(bitPattern: address))
    }

    func withPointers(_ body: (UnsafeBufferPointer<UnsafePointer<Int8>?>) -> Void) {
        unsafe rows.withUnsafeBufferPointer(body)
    }
}

extension Kernels {
    /// Where the elements of an array stand, 0 for an empty one.
    static func address<Element>(of array: [Element]) -> UInt {
        unsafe array.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }
}
