import Codec
import Cryptography
package import Foundation
import Synchronization

/// The small key file under which salts and payload keys are wrapped (D8): one key for each group of
/// ``GroupKeyFile/recordsPerGroup`` records, and the generations of the secret that tenants' secrets for record ids, K_rid,
/// are made of.
///
/// Destroying a group's key is what erases: its slot is overwritten and synced before the erasure is reported. Keep the
/// file out of ordinary backups, else the keys live on there.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 16 | `vivian/keys/2` padded with zeros; `vivian/keys/1` while there is one generation without dates |
/// | 16 | 32 | generation 1 of that secret, zeros where it was destroyed |
/// | 48 + 40 n | 40 | slot n, one of the following |
///
/// | slot's u64 | its 32 bytes |
/// |---|---|
/// | n + 1 | the key of group n + 1 |
/// | 2^63 + g | generation g of it, from 2 on; zeros where it was destroyed |
/// | 2^62 + 1 | the key under which secrets of webhooks are sealed, made when it is first needed |
/// | 2^63 + 2^62 + g | dates of generation g in ns since 1970, 0 for none: u64 begun, u64 ends, u64 destroyed, u64 0 |
/// | 0 | nothing: a group's key that was destroyed |
///
/// Numbers are big-endian. Groups are numbered by their slots, so the slots of generations leave gaps.
package final class GroupKeyFile: Sendable {
    /// Records under one key: erasing one of them re-wraps the others.
    package static let recordsPerGroup = 256
    /// Groups made at a time, so that a busy gateway syncs the file once for 16,384 records.
    static let groupsPerExtension = 64

    private struct State {
        var keys: [Int64: [UInt8]]
        var recordIDs: RecordIDSecrets
        var sealing: [UInt8]?
        /// The group that takes the next record, and how many it holds.
        var current: Int64
        var used: Int
        /// Number of slots.
        var last: Int64
        /// Records that were sealed under a group's key and are not stored yet: its key must not be destroyed.
        var leases: [Int64: Int] = [:]
    }

    private let handle: FileHandle
    private let state: Mutex<State>

    /// Makes the file with a new secret.
    ///
    /// `now`: nanoseconds since 1970.
    /// Refuses to overwrite one.
    package static func create(at url: URL, now: UInt64) throws {
        guard !FileManager.default.fileExists(atPath: url.path) else {
            throw KeyFileFailure("\(url.lastPathComponent) exists already; it is never overwritten")
        }
        let dates = KeyFileSlot.dates(RecordIDGeneration(number: 1, createdAt: now))
        guard
            FileManager.default.createFile(
                atPath: url.path,
                contents: Data(KeyFileLayout.magic + SecureRandom.bytes(32) + dates.encoded),
                attributes: [.posixPermissions: 0o600])
        else {
            throw KeyFileFailure("\(url.lastPathComponent) cannot be made; check the folder's owner and free space")
        }
    }

    /// Opens the file; new records begin a new group.
    package init(opening url: URL) throws {
        guard let handle = FileHandle(forUpdatingAtPath: url.path), let data = try handle.readToEnd() else {
            throw KeyFileFailure("\(url.lastPathComponent) cannot be read; without it no stored payload can be opened")
        }
        let layout = try KeyFileLayout(Array(data), named: url.lastPathComponent)
        self.handle = handle
        state = Mutex(
            State(
                keys: layout.keys, recordIDs: layout.recordIDs, sealing: layout.sealing, current: layout.slots,
                used: Self.recordsPerGroup, last: layout.slots))
    }

    /// The generations that a file holds, without their secrets; the file is only read.
    package static func recordIDGenerations(at url: URL) throws -> [RecordIDGeneration] {
        guard let data = try? Data(contentsOf: url) else {
            throw KeyFileFailure("\(url.lastPathComponent) cannot be read; without it no stored payload can be opened")
        }
        return try KeyFileLayout(Array(data), named: url.lastPathComponent).recordIDs.generations
    }

    /// The group and key for the next record.
    ///
    /// The caller gives the group back with ``release(_:)`` once the record is stored, or will never be.
    package func next() throws -> (group: Int64, key: [UInt8]) {
        try state.withLock { state in
            if state.used == Self.recordsPerGroup { try beginGroup(&state) }
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
            try beginGroup(&state)
            state.used = Self.recordsPerGroup
            return (state.current, state.keys[state.current]!)
        }
    }

    /// The key under which secrets that are not records' are sealed; made and synced when it is first asked for.
    package func sealingKey() throws -> [UInt8] {
        try state.withLock { state in
            if let known = state.sealing { return known }
            let key = SecureRandom.bytes(32)
            try overwrite(KeyFileSlot.sealing(key).encoded, slot: state.last)
            state.last += 1
            state.sealing = key
            return key
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
            try overwrite([UInt8](repeating: 0, count: KeyFileLayout.slotBytes), slot: group - 1)
        }
    }

    /// Keyed record id (privacy.md): HMAC-SHA256 over parts, each behind its u32 length, under the tenant's newest secret.
    ///
    /// `stream`: the tenant.
    package func recordID(source: String, stream: String, key: [UInt8], canonical: [UInt8]) -> [UInt8] {
        recordIDs(source: source, stream: stream, key: key, canonical: canonical)[0]
    }

    /// The same under each generation that is not destroyed, the newest first: a record may be known by any of them.
    ///
    /// While the caller holds a group of ``next()`` no new generation begins.
    package func recordIDs(source: String, stream: String, key: [UInt8], canonical: [UInt8]) -> [[UInt8]] {
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
        let secrets = state.withLock { $0.recordIDs.live }
        return secrets.map { $0.authenticate(message, tenant: stream) }
    }

    /// The generations of the secret for record ids, by rising number.
    package var recordIDGenerations: [RecordIDGeneration] { state.withLock { $0.recordIDs.generations } }

    /// Begins and destroys generations of the secret for record ids as far as they are due, each synced.
    ///
    /// A new one does not begin while records under the one before are not stored yet: the same event, handed in twice at
    /// that moment, would become two records. It is ``RecordIDChange/postponed`` then.
    ///
    /// `now`: nanoseconds since 1970.
    package func maintain(_ policy: RecordIDPolicy, now: UInt64) throws -> [RecordIDChange] {
        try state.withLock { state in
            var changes: [RecordIDChange] = []
            for step in policy.due(state.recordIDs.generations, at: now) {
                switch step {
                case .date(let number):
                    try setDates(of: number, in: &state) { $0.createdAt = now }
                case .end(let number, let end):
                    try setDates(of: number, in: &state) { $0.endsAt = end }
                case .destroy(let number):
                    try destroySecret(number, in: &state)
                    try setDates(of: number, in: &state) { $0.destroyedAt = now }
                    changes.append(.destroyed(generation: number))
                case .begin(let number):
                    guard state.leases.isEmpty else { return changes + [.postponed] }
                    try begin(RecordIDGeneration(number: number, createdAt: now), in: &state)
                    changes.append(.began(generation: number))
                }
            }
            return changes
        }
    }

    private func begin(_ generation: RecordIDGeneration, in state: inout State) throws {
        let secret = SecureRandom.bytes(32)
        let slots = [KeyFileSlot.recordIDSecret(generation.number, secret), .dates(generation)]
        try upgrade(&state)
        try overwrite(slots.flatMap(\.encoded), slot: state.last)
        state.recordIDs.add(generation, secret: secret, slot: state.last, datesSlot: state.last + 1)
        state.last += Int64(slots.count)
    }

    private func setDates(of number: Int, in state: inout State, _ change: (inout RecordIDGeneration) -> Void) throws {
        let (generation, slot) = state.recordIDs.changed(number, change)
        try upgrade(&state)
        try overwrite(KeyFileSlot.dates(generation).encoded, slot: slot ?? state.last)
        state.recordIDs.set(generation, datesSlot: slot ?? state.last)
        if slot == nil { state.last += 1 }
    }

    private func destroySecret(_ number: Int, in state: inout State) throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        if let slot = state.recordIDs.slot(of: number) {
            try overwrite(KeyFileSlot.recordIDSecret(number, zeros).encoded, slot: slot)
        } else {
            // Generation 1 stands in the header; an older program must not take the zeros for a secret.
            try upgrade(&state)
            try write(zeros, at: UInt64(KeyFileLayout.magic.count))
        }
        state.recordIDs.forget(number)
    }

    /// An older program would take destroyed secrets for good ones: from now on it refuses the file.
    private func upgrade(_ state: inout State) throws {
        guard state.recordIDs.isOldLayout else { return }
        try write(KeyFileLayout.magic, at: 0)
        state.recordIDs.isOldLayout = false
    }

    /// Goes on to the next group, past slots that hold something else.
    private func beginGroup(_ state: inout State) throws {
        repeat {
            if state.current == state.last { try extend(&state) }
            state.current += 1
        } while state.keys[state.current] == nil
        state.used = 0
    }

    private func extend(_ state: inout State) throws {
        var slots: [UInt8] = []
        for offset in 1...Int64(Self.groupsPerExtension) {
            let key = SecureRandom.bytes(32)
            state.keys[state.last + offset] = key
            slots += KeyFileSlot.group(state.last + offset, key).encoded
        }
        try overwrite(slots, slot: state.last)
        state.last += Int64(Self.groupsPerExtension)
    }

    /// Writes and syncs, from a slot on.
    private func overwrite(_ bytes: [UInt8], slot: Int64) throws {
        try write(bytes, at: UInt64(KeyFileLayout.headerBytes) + UInt64(slot) * UInt64(KeyFileLayout.slotBytes))
    }

    private func write(_ bytes: [UInt8], at offset: UInt64) throws {
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data(bytes))
        try handle.synchronize()
    }
}

/// What happened to the generations of the secret for record ids.
package enum RecordIDChange: Equatable, Sendable {
    case began(generation: Int)
    case destroyed(generation: Int)
    /// A new generation is due, but captures are on their way: try again in a moment.
    case postponed
}

/// Why a key file cannot be used.
///
/// Never holds key material.
package struct KeyFileFailure: Error, Equatable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
