import GatewayStore
import LedgerModel
package import SchemaValidation

/// One version of a schema as its owner sees it.
package struct SchemaVersionView: Sendable {
    /// How far it is on its way to the ledger.
    package enum State: String, Sendable {
        /// Built into the program, and not on the ledger.
        case bundled
        case pending, anchored
        /// The ledger holds another schema under its version.
        case refused
    }

    /// Where it stands, or will stand, on the ledger.
    package struct Place: Sendable {
        /// Account id of the gateway's issuer, 32 bytes.
        package let account: [UInt8]
        /// The schema's id on the ledger.
        package let name: String
        /// Key in the store `schema`.
        package let key: [UInt8]
        package let transactionID: [UInt8]
        /// Nil until it is there.
        package let height: UInt64?
        /// Nanoseconds since 1970.
        package let blockTime: UInt64?
    }

    package let id: String
    package let version: UInt64
    package let mediaType: String
    /// SHA-256 of the document.
    package let digest: [UInt8]
    package let byteCount: Int
    package let state: State
    /// What it was held to; of a bundled one nil, as well as the rest.
    package let rule: CompatibilityRule?
    package let registeredBy: String?
    /// Nanoseconds since 1970.
    package let registeredAt: UInt64?
    package let place: Place?

    init(_ row: SchemaRow, account: AccountID) {
        id = row.name
        version = row.version
        mediaType = row.mediaType
        digest = row.digest
        byteCount = row.byteCount
        state = row.state == .kept ? .refused : row.state == .included ? .anchored : .pending
        rule = CompatibilityRule(rawValue: row.mode)
        registeredBy = row.createdBy
        registeredAt = row.createdAt
        place = SchemaName(row.ledgerName).map { name in
            Place(
                account: account.bytes, name: name.text,
                key: RegisteredSchema.key(account, name, version: row.version), transactionID: row.transactionID,
                height: row.height, blockTime: row.blockTime)
        }
    }

    init(_ schema: BundledSchema, digest: [UInt8]) {
        id = schema.id
        version = 1
        mediaType = schema.mediaType
        self.digest = digest
        byteCount = schema.document.count
        state = .bundled
        rule = nil
        registeredBy = nil
        registeredAt = nil
        place = nil
    }
}

/// Whether a candidate may follow the newest version.
package struct SchemaComparison: Sendable {
    package let id: String
    /// The version that it was compared with.
    package let version: UInt64
    package let rule: CompatibilityRule
    /// Why it may not; `instancePointer` leads into the version that refuses.
    package let findings: [SchemaViolation]
    package var isCompatible: Bool { findings.isEmpty }
}
