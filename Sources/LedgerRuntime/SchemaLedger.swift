import Codec
import LedgerModel

/// Schemas by their digests: who registered which version when.
enum SchemaLedger {
    /// Pins the next version of an account's schema.
    ///
    /// The same version once more with the same digest and media type is harmless and changes nothing, so whoever does
    /// not know whether it arrived hands it in again.
    static func apply(_ message: RegisterSchemaMessage, context: BlockContext, state: inout TransactionState)
        -> TransactionResult.Code
    {
        let key = RegisteredSchema.key(message.account, message.schema, version: message.version)
        if let bytes = state.value(.schema, key) {
            let isSame = (try? RegisteredSchema(decoding: bytes))?.holds(message) == true
            return isSame ? .ok : .schemaExists
        }
        let newestKey = NewestSchema.key(message.account, message.schema)
        let (next, overflow) = NewestSchema.version(state.value(.schema, newestKey)).addingReportingOverflow(1)
        guard !overflow, message.version == next else { return .schemaNotNext }
        let entry = RegisteredSchema(
            digest: message.digest, mediaType: message.mediaType, height: context.height, time: context.time)
        state.set(.schema, key, entry.encoded())
        state.set(.schema, newestKey, CBOR.unsigned(next).encoded())
        return .ok
    }
}
