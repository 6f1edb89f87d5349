package import Codec
package import Cryptography

/// A validator's signature over a log that the ledger did not have after that block (D7), beside what it had.
///
/// Not CometBFT's. Protobuf: height 1, validator 2 (20 bytes), tree_size 3, root 4 (32 bytes), signature 5 (64 bytes),
/// header 6 (`SignedHeader` of height + 1), log_state 7 (the value of store `anchor`, key `log`, after the block), proof 8
/// (`ibc.core.commitment.v1.MerkleProof` of that entry under the header).
///
/// Anybody can check it against the set of the header's height and the validator's receipt keys.
package struct WrongReceiptEvidence: Hashable, Sendable, CanonicalMessage {
    /// The block after which the log is said to be this.
    package var height: Int64
    package var validator: [UInt8]
    package var treeSize: UInt64
    package var root: [UInt8]
    package var signature: [UInt8]
    /// The header of the next block, which proves the state.
    package var header: SignedHeader
    package var logState: [UInt8]
    package var proof: [UInt8]

    /// From a receipt, the root that its path leads to, and the ledger's own word on that block.
    package init(
        _ receipt: Receipt, root: Digest, validator: Address, header: SignedHeader, logState: [UInt8], proof: [UInt8]
    ) {
        height = Int64(clamping: receipt.height.value)
        self.validator = validator.bytes
        treeSize = receipt.treeSize
        self.root = root.bytes
        signature = receipt.signature
        self.header = header
        self.logState = logState
        self.proof = proof
    }

    package init() {
        height = 0
        validator = []
        treeSize = 0
        root = []
        signature = []
        header = SignedHeader()
        logState = []
        proof = []
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: height = try field.int64()
        case 2: validator = try field.bytes()
        case 3: treeSize = try field.unsigned()
        case 4: root = try field.bytes()
        case 5: signature = try field.bytes()
        case 6: header = try SignedHeader(reading: field.bytes())
        case 7: logState = try field.bytes()
        case 8: proof = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.int64(1, height)
        writer.bytes(2, validator)
        writer.unsigned(3, treeSize)
        writer.bytes(4, root)
        writer.bytes(5, signature)
        writer.message(6, header.protobuf)
        writer.bytes(7, logState)
        writer.bytes(8, proof)
    }
}
