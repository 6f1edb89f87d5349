internal import CVectorKernels

/// The smallest of the keys that were offered; of equal keys the one with the lower ordinal.
///
/// Its memory is its own, from init to deinit.
@safe struct Selection: ~Copyable {
    struct Candidate: Hashable {
        let key: Int32
        private let number: UInt32

        init(key: Int32, ordinal: Int) {
            self.key = key
            number = UInt32(ordinal)
        }

        var ordinal: Int { Int(number) }
    }

    private let kernels: Kernels
    /// What the kernels work on.
    var state: vector_selection

    init(_ kernels: Kernels, capacity: Int) {
        self.kernels = kernels
        let room = vector_selection_room(capacity)
        let places = room + Int(VECTOR_SELECTION_EXCESS)
        // Keys, then ordinals, in one piece.
        let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * places)
        unsafe state = vector_selection(
            keys: UnsafeMutableRawPointer(words).bindMemory(to: Int32.self, capacity: places),
            ordinals: words + places, count: 0, capacity: UInt32(capacity), room: UInt32(room),
            bound: Int64(Int32.max) + 1)
    }

    deinit { unsafe UnsafeMutableRawPointer(state.keys).deallocate() }

    /// Offers keys with ordinals from `first` on, which is above all that were offered before.
    mutating func offer(_ keys: Span<Int32>, first: Int = 0) {
        unsafe keys.withUnsafeBufferPointer { keys in
            guard let start = keys.baseAddress else { return }
            unsafe kernels.table.pointee.offer(&state, start, keys.count, UInt32(first))
        }
    }

    /// What is kept, in the order of the ordinals.
    mutating func smallest() -> [Candidate] {
        unsafe kernels.table.pointee.trim(&state)
        return candidates
    }

    /// What is kept, by rising key, then ordinal.
    ///
    /// Nothing is offered afterwards.
    mutating func sorted() -> [Candidate] {
        let capacity = unsafe Int(state.capacity)
        unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: capacity) { keys in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: capacity) { ordinals in
                // No more than `capacity` are sorted.
                guard let keys = keys.baseAddress, let ordinals = ordinals.baseAddress else { return }
                unsafe kernels.table.pointee.sort(&state, keys, ordinals)
            }
        }
        return candidates
    }

    private var candidates: [Candidate] {
        let count = unsafe Int(state.count)
        return (0..<count).map { index in
            unsafe Candidate(key: state.keys[index], ordinal: Int(state.ordinals[index]))
        }
    }
}
