import Cryptography
import LedgerModel
import Synchronization

/// One generation's secret, in locked memory; wiped when nobody holds it any more.
///
/// Each tenant's own K_rid follows from it (privacy.md): HMAC-SHA256 of a purpose and the tenant's name. Whoever is handed
/// one tenant's learns nothing of another's.
final class RecordIDSecret: Sendable {
    /// A tenant's K_rid.
    private final class TenantSecret: Sendable {
        let secret: SecretBytes
        init(_ bytes: [UInt8]) { secret = SecretBytes(copying: bytes) }
    }

    /// Tenants whose secrets are kept, as locked memory is scarce; those of further ones are made each time.
    private static let tenantsMax = 64

    private let secret: SecretBytes
    private let tenants = Mutex<[String: TenantSecret]>([:])

    /// 32 bytes.
    init(_ bytes: [UInt8]) { secret = SecretBytes(copying: bytes) }

    /// The keyed record id of a message, as a tenant has it.
    func authenticate(_ message: [UInt8], tenant: String) -> [UInt8] {
        HMACSHA256.authenticate([message], key: key(of: tenant).secret).bytes
    }

    private func key(of tenant: String) -> TenantSecret {
        tenants.withLock { tenants in
            if let known = tenants[tenant] { return known }
            let purpose = Array(DomainSeparation.recordIDTenant.utf8) + [0]
            let made = TenantSecret(HMACSHA256.authenticate([purpose, Array(tenant.utf8)], key: secret).bytes)
            if tenants.count < Self.tenantsMax { tenants[tenant] = made }
            return made
        }
    }
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
