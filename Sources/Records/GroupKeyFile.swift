import Codec
import Cryptography
package import Foundation
import Synchronization

/// The small key file under which salts and payload keys are wrapped (D8): one key for each group of
/// ``GroupKeyFile/recordsPerGroup`` records, and the tenant's secret for record ids.
///
/// Destroying a group's key is what erases: its slot is overwritten and synced before the erasure is reported. Keep the
/// file out of ordinary backups, else the keys live on there.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 16 | `vivian/keys/1` padded with zeros |
/// | 16 | 32 | the tenant's secret for record ids, K_rid |
/// | 48 + 40 n | 8 | u64 big-endian: group n + 1, or 0 where the key was destroyed |
/// | 56 + 40 n | 32 | the group's key, zeros where it was destroyed |
package final class GroupKeyFile: Sendable {
    /// Records under one key: erasing one of them re-wraps the others.
    package static let recordsPerGroup = 256
    /// Groups made at a time, so that a busy gateway syncs the file once for 16,384 records.
    static let groupsPerExtension = 64
    private static let magic = Array("vivian/keys/1".utf8) + [0, 0, 0]
    private static let headerBytes = 48
    private static let slotBytes = 40

    private struct State {
        var keys: [Int64: [UInt8]]
        /// The group that takes the next record, and how many it holds.
        var current: Int64
        var used: Int
        var last: Int64
        /// Records that were sealed under a group's key and are not stored yet: its key must not be destroyed.
        var leases: [Int64: Int] = [:]
    }

    private let handle: FileHandle
    private let recordIDSecret: [UInt8]
    private let state: Mutex<State>

    /// Makes the file with a new secret.
    ///
    /// Refuses to overwrite one.
    package static func create(at url: URL) throws {
        guard !FileManager.default.fileExists(atPath: url.path) else {
            throw KeyFileFailure("\(url.lastPathComponent) exists already; it is never overwritten")
        }
        guard
            FileManager.default.createFile(
                atPath: url.path, contents: Data(magic + SecureRandom.bytes(32)), attributes: [.posixPermissions: 0o600]
            )
        else {
            throw KeyFileFailure("\(url.lastPathComponent) cannot be made; check the folder's owner and free space")
        }
    }

    /// Opens the file; new records begin a new group.
    package init(opening url: URL) throws {
        guard let handle = FileHandle(forUpdatingAtPath: url.path), let data = try handle.readToEnd() else {
            throw KeyFileFailure("\(url.lastPathComponent) cannot be read; without it no stored payload can be opened")
        }
        let bytes = Array(data)
        guard bytes.count >= Self.headerBytes, Array(bytes[0..<16]) == Self.magic else {
            throw KeyFileFailure("\(url.lastPathComponent) is not a key file of this version")
        }
        var keys: [Int64: [UInt8]] = [:]
        var slots: Int64 = 0
        for start in stride(from: Self.headerBytes, to: bytes.count - Self.slotBytes + 1, by: Self.slotBytes) {
            slots += 1
            let group = bytes[start..<start + 8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            if group == slots { keys[group] = Array(bytes[start + 8..<start + Self.slotBytes]) }
        }
        self.handle = handle
        recordIDSecret = Array(bytes[16..<48])
        state = Mutex(State(keys: keys, current: slots, used: Self.recordsPerGroup, last: slots))
    }

    /// The group and key for the next record.
    ///
    /// The caller gives the group back with ``release(_:)`` once the record is stored, or will never be.
    package func next() throws -> (group: Int64, key: [UInt8]) {
        try state.withLock { state in
            if state.used == Self.recordsPerGroup {
                if state.current == state.last { try extend(&state) }
                state.current += 1
                state.used = 0
            }
            state.used += 1
            state.leases[state.current, default: 0] += 1
            return (state.current, state.keys[state.current]!)
        }
    }

    /// Gives back what ``next()`` lent.
    package func release(_ groups: [Int64]) {
        state.withLock { state in
            for group in groups {
                let count = (state.leases[group] ?? 1) - 1
                state.leases[group] = count > 0 ? count : nil
            }
        }
    }

    /// Hands out no more of a group.
    /// - Returns: whether every record under it is stored by now, so that it can be re-wrapped and destroyed.
    package func retire(_ group: Int64) -> Bool {
        state.withLock { state in
            if state.current == group { state.used = Self.recordsPerGroup }
            return state.leases[group] == nil
        }
    }

    /// A group of its own for records that are re-wrapped.
    package func newGroup() throws -> (group: Int64, key: [UInt8]) {
        try state.withLock { state in
            if state.current == state.last { try extend(&state) }
            state.current += 1
            state.used = Self.recordsPerGroup
            return (state.current, state.keys[state.current]!)
        }
    }

    /// A group's key, or nil where it was destroyed.
    package func key(of group: Int64) -> [UInt8]? { state.withLock { $0.keys[group] } }

    /// Overwrites a group's key and syncs the file.
    ///
    /// Afterwards nothing wrapped under it can be opened.
    package func destroy(_ group: Int64) throws {
        try state.withLock { state in
            guard state.keys.removeValue(forKey: group) != nil else { return }
            try handle.seek(toOffset: UInt64(Self.headerBytes) + UInt64(group - 1) * UInt64(Self.slotBytes))
            try handle.write(contentsOf: Data(count: Self.slotBytes))
            try handle.synchronize()
        }
    }

    /// Keyed record id (privacy.md): HMAC-SHA256 over parts, each behind its u32 length.
    package func recordID(source: String, stream: String, key: [UInt8], canonical: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(canonical.count + 64)
        for part in [Array(source.utf8), Array(stream.utf8), key, canonical] {
            let count = UInt32(part.count)
            message += [
                UInt8(truncatingIfNeeded: count >> 24), UInt8(truncatingIfNeeded: count >> 16),
                UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count),
            ]
            message += part
        }
        return HMACSHA256.authenticate([message], key: recordIDSecret).bytes
    }

    private func extend(_ state: inout State) throws {
        var slots: [UInt8] = []
        for offset in 1...Int64(Self.groupsPerExtension) {
            let group = state.last + offset
            let key = SecureRandom.bytes(32)
            state.keys[group] = key
            slots += (0..<8).map { UInt8(truncatingIfNeeded: group >> (56 - 8 * Int64($0))) } + key
        }
        try handle.seek(toOffset: UInt64(Self.headerBytes) + UInt64(state.last) * UInt64(Self.slotBytes))
        try handle.write(contentsOf: Data(slots))
        try handle.synchronize()
        state.last += Int64(Self.groupsPerExtension)
    }
}

/// Why a key file cannot be used.
///
/// Never holds key material.
package struct KeyFileFailure: Error, Equatable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
