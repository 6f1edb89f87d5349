import Glibc
package import LedgerStore
import Synchronization
import TestSupport

/// A disk in memory: what is seen through the page cache, what is durable, and what goes wrong in between.
///
/// It has no clock and no randomness but its seed's, so the same calls give the same disk. A test makes it fail by
/// ``arm(_:after:)`` and ``setOdds(_:_:)``, by a budget of bytes, and by what it does to bytes at rest. What was not
/// synced is lost at ``crash()`` in whole or in part: sectors of 512 bytes in any order, a length ahead of its data, and
/// entries of folders that were not synced themselves. ``kill()`` ends the process alone: what it wrote stays in the
/// cache.
///
/// Paths are absolute; `/` is there from the beginning.
package final class SimulatedFileSystem: FileSystem {
    let state: Mutex<SimulatedDiskState>

    /// - Parameters:
    ///   - seed: of what goes wrong.
    ///   - byteBudget: the bytes that all files together may take.
    package init(seed: UInt64, byteBudget: Int = .max) {
        state = Mutex(SimulatedDiskState(random: SeededGenerator(seed: seed), byteBudget: byteBudget))
    }

    // MARK: What goes wrong

    /// How often each fault happened.
    package var counts: [DiskFault: Int] { state.withLock { $0.counts } }

    /// Lets a fault happen at the next call that it can hit, after so many others that it could.
    package func arm(_ fault: DiskFault, after calls: Int = 0) { state.withLock { $0.armed[fault] = calls } }

    /// Takes back what was armed and has not happened.
    package func disarm() { state.withLock { $0.armed = [:] } }

    /// Lets a fault happen by chance, in so many of 10,000 calls that it can hit.
    package func setOdds(_ fault: DiskFault, _ odds: UInt64) {
        state.withLock { $0.odds[fault] = odds == 0 ? nil : odds }
    }

    package func setByteBudget(_ count: Int) { state.withLock { $0.byteBudget = count } }

    /// The power fails and comes back: files must be opened again.
    package func crash() { state.withLock { $0.crash() } }

    /// The process ends: files must be opened again, and are as it left them.
    package func kill() { state.withLock { $0.kill() } }

    /// A ``DiskFault/powerLoss`` was none after all: whatever was written is there.
    package func restorePower() { state.withLock { $0.restorePower() } }

    /// The kernel writes back everything that was written; nobody may rely on it.
    package func writeBack() { state.withLock { $0.writeBack() } }

    /// Forgets the cache, so that harm at rest is seen.
    package func evict() { state.withLock { $0.evict() } }

    /// Flips a bit on the disk, a random one unless it is given.
    /// - Returns: which one; nil where the file has none.
    @discardableResult
    package func rot(_ path: String, bit: Int? = nil) -> Int? { state.withLock { $0.rot(path, bit: bit) } }

    /// Takes a random sector of a file back to what it was before its last change.
    /// - Returns: which one; nil where none was ever changed.
    @discardableResult
    package func makeStale(_ path: String) -> Int? { state.withLock { $0.makeStale(path) } }

    // MARK: What is there

    /// All files' paths, sorted.
    package var paths: [String] { state.withLock { $0.files.keys.sorted() } }

    /// A file's bytes on the disk; nil where there is no such file.
    package func durableBytes(_ path: String) -> [UInt8]? {
        state.withLock { state in state.files[path].map { state.contents[$0].durable } }
    }

    // MARK: FileSystem

    package func open(_ path: String, _ mode: OpenMode) -> Result<any OpenFile, SystemError> {
        let opened = state.withLock { $0.open(path, mode) }
        return opened.map { SimulatedFile(disk: self, index: $0.index, life: $0.life) }
    }

    package func names(in folder: String) -> Result<[String], SystemError> { state.withLock { $0.names(in: folder) } }

    package func makeFolder(_ path: String) -> Int { state.withLock { $0.makeFolder(path) } }

    package func syncFolder(_ path: String) -> Int { state.withLock { $0.syncFolder(path) } }

    package func unlink(_ path: String) -> Int { state.withLock { $0.unlink(path) } }

    package func rename(_ path: String, to target: String) -> Int { state.withLock { $0.rename(path, to: target) } }
}

/// A file that a process opened; it is of no more use after that process's end.
private final class SimulatedFile: OpenFile {
    let disk: SimulatedFileSystem
    let index: Int
    let life: Int

    init(disk: SimulatedFileSystem, index: Int, life: Int) {
        self.disk = disk
        self.index = index
        self.life = life
    }

    private func call(_ body: (inout SimulatedDiskState) -> Int) -> Int {
        disk.state.withLock { state in state.life == life ? body(&state) : -Int(EBADF) }
    }

    func size() -> Int { call { $0.contents[index].seen.count } }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        call { $0.read(index, at: offset, into: buffer) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int { call { $0.write(index, bytes, at: offset) } }

    func truncate(to size: Int) -> Int { call { $0.truncate(index, to: size) } }

    func sync() -> Int { call { $0.sync(index) } }
}
