/// Every string that separates what is signed, hashed or sealed for one purpose from all others.
///
/// A string never changes its meaning; a new meaning is a new string. `GatewayStore`, which sees no module with ledger
/// nouns, has its two in a file of the same name.
package enum DomainSeparation {
    /// First member of a transaction's external_aad (bundles.md).
    package static let transaction = "vivian/transaction/1"
    /// Head of what a message's digest of its vectors is over.
    package static let attachedVectors = "vivian/transaction/vectors/v1"
    /// Head of a record file.
    package static let recordFile = "vivian/record/1\n"
    /// Makes a tenant's secret for record ids of the gateway's.
    package static let recordIDTenant = "vivian/records/record-id-tenant/v1"
    /// Stands before a webhook's id, beside which its secret is sealed.
    package static let webhookSecret = "vivian/records/webhook-secret/v1/"
    /// Head of what a validator signs so that a node acts for it.
    package static let nodeBinding = "vivian/consensus/node-binding/v1"
    /// Additional data of a sealed document, and of what wraps its key and salt.
    package static let payload = "vivian/records/payload/v1"
    package static let payloadWrap = "vivian/records/wrap/v1"
    /// Order the places of an interval's tree, and fill those that no record takes.
    package static let intervalPlace = "vivian/records/interval-place/v1"
    package static let intervalPadding = "vivian/records/interval-padding/v1"
    /// Stands before the list and the place that a cursor is authenticated over.
    package static let pageCursor = "vivian/gateway/page/v1"
    /// Head of what a subject's id in the registry is the hash of.
    package static let registrySubject = "vivian/registry/subject/v1"
    /// Its hash is the account in whose name the ledger keeps its own collection of vectors.
    package static let registryIndex = "vivian/registry/index/v1"
    /// `typ` (RFC 9596) of each kind of COSE message.
    package static let transactionType = "application/vnd.vivian.transaction+cose"
    package static let statementType = "application/scitt-statement+cose"
    package static let receiptType = "application/scitt-receipt+cose"
    /// Content type of what a statement's hash is over.
    package static let recordFileType = "application/vnd.vivian.record-file"
}
