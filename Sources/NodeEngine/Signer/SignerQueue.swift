import Consensus

/// What a signer is still to be told and asked, in order.
struct SignerQueue {
    /// Requests that wait at most: four rounds' of a height; the oldest goes for a newer one.
    static let countMax = 12

    private(set) var waiting: [SignedMessage] = []
    /// The latest message that the key is known to have signed.
    private(set) var known: SignedMessage?
    private var isTold = true

    /// Asks for a message; those of lower heights are of no use to anybody any more.
    mutating func ask(_ message: SignedMessage) {
        waiting.removeAll { $0.height < message.height || $0 == message }
        if waiting.count == Self.countMax { waiting.removeFirst() }
        waiting.append(message)
    }

    mutating func know(_ message: SignedMessage) {
        guard known.map({ $0.place < message.place }) ?? true else { return }
        known = message
        isTold = false
    }

    /// A new connection: whoever listens now may be a restored copy.
    mutating func connected() { isTold = known == nil }

    /// What to send next.
    var next: SignerRequest? {
        if !isTold, let known { return .know(known) }
        return waiting.first.map { .sign($0) }
    }

    /// A request has its answer, or is refused for good.
    mutating func ended(_ request: SignerRequest, signed: SignedMessage? = nil) {
        switch request {
        case .know(let message): if message == known { isTold = true }
        case .sign(let message): waiting.removeAll { $0 == message }
        case .identify, .open: break
        }
        guard let signed, known.map({ $0.place < signed.place }) ?? true else { return }
        known = signed
    }
}
