import Cryptography

/// One generation's secret, in locked memory; wiped when nobody holds it any more.
final class RecordIDSecret: Sendable {
    private let secret: SecretBytes

    /// 32 bytes.
    init(_ bytes: [UInt8]) { secret = SecretBytes(copying: bytes) }

    func authenticate(_ message: [UInt8]) -> [UInt8] { HMACSHA256.authenticate([message], key: secret).bytes }
}

/// The generations of the secret for record ids, and where each stands in the key file.
struct RecordIDSecrets {
    private struct Entry {
        var generation: RecordIDGeneration
        /// Nil where it was destroyed.
        var secret: RecordIDSecret?
        /// Nil for generation 1, which stands in the header.
        var slot: Int64?
        /// Nil until its dates were written.
        var datesSlot: Int64?
    }

    private var entries: [Entry] = []
    /// Whether the file still says that it is of the version without generations.
    var isOldLayout: Bool

    /// `first`: generation 1, zeros where it was destroyed.
    init(first: [UInt8], isOldLayout: Bool) {
        self.isOldLayout = isOldLayout
        add(RecordIDGeneration(number: 1, createdAt: nil), secret: first, slot: nil, datesSlot: nil)
    }

    var generations: [RecordIDGeneration] { entries.map(\.generation) }

    /// Whether new records can get an id.
    var isNewestLive: Bool { entries.last?.secret != nil }

    /// Secrets that are not destroyed, the newest first.
    var live: [RecordIDSecret] { entries.reversed().compactMap(\.secret) }

    mutating func add(_ generation: RecordIDGeneration, secret: [UInt8], slot: Int64?, datesSlot: Int64?) {
        let isDestroyed = secret.allSatisfy { $0 == 0 }
        entries.append(
            Entry(
                generation: generation, secret: isDestroyed ? nil : RecordIDSecret(secret), slot: slot,
                datesSlot: datesSlot))
    }

    /// A generation with changed dates, and where they stand.
    func changed(_ number: Int, _ change: (inout RecordIDGeneration) -> Void) -> (RecordIDGeneration, slot: Int64?) {
        var generation = entries[number - 1].generation
        change(&generation)
        return (generation, entries[number - 1].datesSlot)
    }

    mutating func set(_ generation: RecordIDGeneration, datesSlot: Int64) {
        entries[generation.number - 1].generation = generation
        entries[generation.number - 1].datesSlot = datesSlot
    }

    /// Where a generation's secret stands; nil for the header.
    func slot(of number: Int) -> Int64? { entries[number - 1].slot }

    /// Drops a secret from memory.
    mutating func forget(_ number: Int) { entries[number - 1].secret = nil }
}
