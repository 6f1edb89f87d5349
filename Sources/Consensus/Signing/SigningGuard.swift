import LedgerModel

/// The signer's side of the wire: what a key in a process of its own signs, and what it never signs.
///
/// A value and a function, like all of consensus; the guard is the node's own, ``SignState/verdict(on:after:)``. Of a
/// height, round and step there is one message, ever: whoever asks for it again gets the same signature, whoever asks for
/// another, or for something earlier, is refused. What was signed is handed to `keep`, which makes it durable before the
/// answer leaves. The first ledger that a connection is opened for is kept; for another one the key never signs.
package struct SigningGuard: Sendable {
    package private(set) var record: SignerRecord
    private let publicKey: [UInt8]
    private let address: Address
    /// Whether this connection has named its ledger.
    private var isOpen = false

    package init(_ record: SignerRecord, publicKey: [UInt8]) {
        self.record = record
        self.publicKey = publicKey
        address = Address(ed25519: publicKey)
    }

    /// A connection has ended, or a new one begins.
    package mutating func disconnected() { isOpen = false }

    /// Answers a request.
    /// - Throws: what `keep` throws. Nothing may be answered then, nor signed any more: the process must end.
    package mutating func answer(
        _ request: SignerRequest, key: some SignerKey, keep: (SignerRecord) throws -> Void
    ) throws -> SignerAnswer {
        if case .identify = request { return .identity(publicKey, last: record.last) }
        if case .open(let ledger, let node) = request { return try open(ledger, node: node, key: key, keep: keep) }
        guard isOpen, let ledger = record.ledger else {
            return .refused(.notOpened, "the ledger has to be named first")
        }
        switch request {
        case .sign(let message): return try sign(message, on: ledger, key: key, keep: keep)
        case .know(let message): return try know(message, on: ledger, keep: keep)
        case .identify, .open: preconditionFailure("answered above")
        }
    }

    private mutating func open(
        _ ledger: LedgerIdentity, node: NodeID?, key: some SignerKey, keep: (SignerRecord) throws -> Void
    ) throws -> SignerAnswer {
        guard record.ledger ?? ledger == ledger else {
            return .refused(
                .otherLedger,
                "this key signs for \(record.ledger?.chainID.text ?? ""); another ledger needs a signer of its own")
        }
        if record.ledger == nil { try change(SignerRecord(ledger: ledger, last: record.last), keep: keep) }
        isOpen = true
        guard let node else { return .opened(binding: nil) }
        guard let signature = try? key.signature(over: NodeBinding.signBytes(node, on: ledger)) else {
            return .refused(.key, "the key cannot be used now")
        }
        return .opened(binding: signature)
    }

    private mutating func sign(
        _ message: SignedMessage, on ledger: LedgerIdentity, key: some SignerKey, keep: (SignerRecord) throws -> Void
    ) throws -> SignerAnswer {
        guard message.signature.isEmpty, message.isInRange else {
            return .refused(.malformed, "a field is out of range")
        }
        if case .vote(let vote) = message, vote.validator != address.bytes {
            return .refused(.otherValidator, "the vote names another validator than this key's")
        }
        switch SignState.verdict(on: message, after: record.last) {
        case .reuse(let signed): return .signed(signed)
        case .refuse:
            guard let last = record.last else { preconditionFailure("nothing is refused before the first signature") }
            let isSame = (last.height, last.round, last.step) == (message.height, message.round, message.step)
            return .refused(isSame ? .signedOther : .below, "the last signature is of \(last.placeText)")
        case .sign: break
        }
        guard let signature = try? key.signature(over: message.signBytes(chainID: ledger.chainID.text)) else {
            return .refused(.key, "the key cannot be used now")
        }
        let signed = message.signed(signature)
        try change(SignerRecord(ledger: ledger, last: SignState(signed)), keep: keep)
        return .signed(signed)
    }

    /// Rises to what is known of the key elsewhere: what a restored copy of this record has forgotten (D23).
    private mutating func know(
        _ message: SignedMessage, on ledger: LedgerIdentity, keep: (SignerRecord) throws -> Void
    ) throws -> SignerAnswer {
        guard message.isInRange,
            voteSignaturePredicate(message.signature, message.signBytes(chainID: ledger.chainID.text), publicKey)
        else { return .refused(.signature, "the signature is not this key's") }
        if let last = record.last,
            (last.height, last.round, last.step) >= (message.height, message.round, message.step)
        {
            return .noted
        }
        try change(SignerRecord(ledger: ledger, last: SignState(message)), keep: keep)
        return .noted
    }

    private mutating func change(_ next: SignerRecord, keep: (SignerRecord) throws -> Void) throws {
        try keep(next)
        record = next
    }
}

extension SignedMessage {
    /// What consensus never asks for is not signed, whoever asks.
    fileprivate var isInRange: Bool {
        guard height > 0, round >= 0 else { return false }
        switch self {
        case .proposal(let proposal):
            return -1..<proposal.round ~= proposal.polRound && proposal.blockID.isComplete
                && proposal.timestamp.isValid
        case .vote(let vote):
            return vote.type != .proposal && (vote.blockID.isZero || vote.blockID.isComplete) && vote.timestamp.isValid
        }
    }
}

extension SignState {
    /// The place for people.
    package var placeText: String { "height \(height), round \(round), \(step)" }
}
