import Glibc

/// The two calls of an append-only file that may fail while a node runs: a port, so that tests can make them fail.
package protocol Disk: Sendable {
    /// As `pwrite(2)`: bytes written, or -1 with `errno` set.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int
    /// As `fdatasync(2)`: 0, or -1 with `errno` set.
    func sync(_ descriptor: Int32) -> Int32
}

/// The operating system's.
package struct SystemDisk: Disk {
    package init() {}
    package func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
    }
    package func sync(_ descriptor: Int32) -> Int32 { fdatasync(descriptor) }
}
