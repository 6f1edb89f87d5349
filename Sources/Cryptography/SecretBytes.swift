import CSodium

/// Secret bytes in memory of their own: locked against swapping, guarded on both sides, wiped at the end.
@safe package struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is written only in the initialisers, made read-only there, and read afterwards.
    private let memory: UnsafeMutableRawPointer
    package let count: Int

    /// Lets a function write the bytes in place, so that they never stand elsewhere.
    ///
    /// They begin as zeros.
    init(count: Int, writing write: (UnsafeMutablePointer<UInt8>) -> Void) {
        Sodium.ready
        self.count = count
        guard let memory = unsafe sodium_malloc(count) else { preconditionFailure("no locked memory left") }
        unsafe self.memory = memory
        // The allocation has `count` bytes, and this is its only owner.
        unsafe sodium_memzero(memory, count)
        unsafe write(memory.bindMemory(to: UInt8.self, capacity: count))
        unsafe _ = sodium_mprotect_readonly(memory)
    }

    /// Takes a copy.
    ///
    /// The caller wipes or forgets its own.
    package init(copying bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { memory in
            for (index, byte) in bytes.enumerated() { unsafe memory[index] = byte }
        }
    }

    /// Fresh random bytes.
    package init(random count: Int) {
        unsafe self.init(count: count) { memory in unsafe randombytes_buf(memory, count) }
    }

    deinit { unsafe sodium_free(memory) }

    /// Lends the bytes.
    ///
    /// The pointer must not outlive the call, and what is copied from it is no longer guarded.
    package borrowing func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        unsafe try body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Lends the bytes to a C function.
    borrowing func withBytes<Value>(_ body: (UnsafePointer<UInt8>) -> Value) -> Value {
        // Bound to bytes by the initialiser.
        unsafe body(UnsafePointer(memory.assumingMemoryBound(to: UInt8.self)))
    }
}

/// Overwrites bytes that held a secret, in a way that no optimiser leaves out.
func wipe(_ bytes: inout [UInt8]) {
    // The array is uniquely held here, or becomes so: callers hand over their only copy.
    unsafe bytes.withUnsafeMutableBytes { buffer in
        if let base = buffer.baseAddress { unsafe sodium_memzero(base, buffer.count) }
    }
}
