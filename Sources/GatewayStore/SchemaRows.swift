// Registered schemas as values. They are public by their author's word, so nothing here is encrypted.

/// A version of a schema as it is handed in for registration.
package struct NewSchema: Sendable {
    package var tenant: String
    package var name: String
    package var mediaType: String
    /// The document's own absolute `$id`, if it has one.
    package var uri: String?
    /// SHA-256 of the document.
    package var digest: [UInt8]
    package var document: [UInt8]
    /// The compatibility that it was held to.
    package var mode: String
    package var createdBy: String
    /// The newest version when it was checked, by row; nil where there was none.
    package var predecessor: Int64?

    package init(
        tenant: String, name: String, mediaType: String, uri: String?, digest: [UInt8], document: [UInt8], mode: String,
        createdBy: String, predecessor: Int64?
    ) {
        self.tenant = tenant
        self.name = name
        self.mediaType = mediaType
        self.uri = uri
        self.digest = digest
        self.document = document
        self.mode = mode
        self.createdBy = createdBy
        self.predecessor = predecessor
    }
}

/// How a document was checked that became records.
package struct NewSchemaUse: Hashable, Sendable {
    /// Name of the bundled schema.
    package var bundled: String
    /// Row of the registered version, or 0.
    package var version: Int64

    package init(bundled: String, version: Int64 = 0) {
        self.bundled = bundled
        self.version = version
    }
}

/// A registered version, without its document.
package struct SchemaRow: Sendable {
    package var row: Int64
    package var name: String
    package var version: UInt64
    /// Its id on the ledger.
    package var ledgerName: String
    package var mediaType: String
    package var digest: [UInt8]
    package var byteCount: Int
    package var mode: String
    package var createdBy: String
    /// Nanoseconds since 1970.
    package var createdAt: UInt64
    package var state: OutboxState
    package var transactionID: [UInt8]
    /// Where it stands on the ledger; nil until then.
    package var height: UInt64?
    /// Nanoseconds since 1970.
    package var blockTime: UInt64?
}

/// What a record was checked against.
package struct SchemaUseRow: Equatable, Sendable {
    package var bundled: String
    package var name: String?
    package var version: UInt64?

    package init(bundled: String, name: String?, version: UInt64?) {
        self.bundled = bundled
        self.name = name
        self.version = version
    }
}
