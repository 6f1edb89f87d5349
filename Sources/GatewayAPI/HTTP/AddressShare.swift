import Synchronization

/// What one address holds of what all share, and how much of that it may.
final class AddressShare: Sendable {
    /// Connections, on which all the rest stands.
    let connections = Atomic(0)
    /// Requests whose answer is not wholly sent.
    let requests = Atomic(0)
    /// Bytes of large answers that wait.
    let bytes = Atomic(0)

    /// Of connections that are gone.
    static let unknown = AddressShare()

    /// Whether somebody may come to hold `mine` where all then hold `all` of at most `max`.
    ///
    /// The first half is for whoever comes, the second for those who hold no more than a quarter: one address leaves half
    /// to others, and takes that half while nobody else wants it. Behind a proxy all are one address.
    static func isFair(_ mine: Int, of all: Int, max: Int) -> Bool {
        all <= max && (all <= (max + 1) / 2 || mine <= quarter(of: max))
    }

    /// What an address has for itself, whatever others hold.
    static func quarter(of max: Int) -> Int { (max + 3) / 4 }
}
