/// Why a connection ends.
struct LinkEnd: Hashable, Sendable {
    let reason: String
    /// The peer broke the protocol, for which it is banned.
    var isViolation = false
    /// Whether the other end is told why.
    var saysGoodbye = true

    /// We end it.
    static func refused(_ reason: String) -> LinkEnd { LinkEnd(reason: reason) }

    /// The other end broke the protocol or speaks another version of it.
    static func failure(_ failure: WireFailure) -> LinkEnd {
        LinkEnd(reason: failure.reason, isViolation: failure.isViolation)
    }

    /// The other end, or the way to it, has ended it.
    static func lost(_ reason: String) -> LinkEnd { LinkEnd(reason: reason, saysGoodbye: false) }
}
