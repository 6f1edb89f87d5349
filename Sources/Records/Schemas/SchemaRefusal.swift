package import SchemaValidation

/// Why a schema was not registered, found or applied.
package enum SchemaRefusal: Error, Sendable {
    /// The tenant has no such schema, or no such version of it.
    case unknown(String)
    /// The id belongs to the bundled schemas.
    case reserved(String)
    /// It cannot be used as a schema, and where and why.
    case unusable([SchemaViolation])
    /// Larger than a schema may be.
    case tooLarge(byteCountMax: Int)
    /// It may not follow the newest version, and why.
    case incompatible(rule: CompatibilityRule, version: UInt64, [SchemaViolation])
    /// The schema is for documents of another kind.
    case otherKind(id: String, isForJSON: Bool)
    /// It describes an interface; no document can satisfy it as a whole.
    case notForDocuments(String)
    /// The tenant holds as many schemas, or as many bytes of them, as it may.
    case tooMany
    /// Another version was registered meanwhile.
    case changedMeanwhile
    /// The ledger holds more versions than the store: the store was restored from an older state.
    case ledgerAhead(id: String, onLedger: UInt64)
}

/// What a new version of a schema must keep to.
package enum CompatibilityRule: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// What was written by the old version is read by the new one.
    case backward
    /// What is written by the new version is read by the old one.
    case forward
    /// Both.
    case full

    /// As schema registries do: readers move first.
    package static let standard = CompatibilityRule.backward

    /// What is compared; nil where nothing is.
    var mode: SchemaCompatibility.Mode? { SchemaCompatibility.Mode(rawValue: rawValue) }
}
