import Codec

/// Where other nodes can be reached, as peers have told: bounded in all and for each peer that tells.
///
/// One address a node. What a node says of itself (in its hello, on a connection that proves who it is) stands above what
/// others say of it. Nothing here is believed: whoever answers under an address must prove its identity.
struct AddressBook: Sendable {
    struct Entry: Hashable, Sendable {
        var address: PeerAddress
        /// Who told it.
        var source: PeerID
        /// Milliseconds since 1970.
        var heard: Int64
        /// Attempts in a row that failed.
        var failures = 0
    }

    /// Attempts in a row after which an address goes.
    static let failuresMax = 10

    private(set) var entries: [PeerID: Entry] = [:]
    private let own: PeerID
    private let countMax: Int
    private let countPerSourceMax: Int
    /// Whether there is something that the file does not have.
    private(set) var isChanged = false

    init(own: PeerID, limits: PeerNetworkLimits) {
        self.own = own
        countMax = limits.bookAddressesMax
        countPerSourceMax = limits.bookAddressesPerSourceMax
    }

    /// Takes what a peer tells; an address without identity or port is none.
    mutating func learn(_ address: PeerAddress, from source: PeerID, at wall: Int64) {
        guard let id = address.id, id != own, address.port > 0 else { return }
        if let known = entries[id] {
            // Its own word is changed by its own word only.
            guard known.source != id || source == id else { return }
            guard known.address != address || known.source != source else {
                entries[id]?.heard = wall
                return
            }
        }
        let told = entries.values.count { $0.source == source && $0.address.id != id }
        guard told < countPerSourceMax else { return }
        entries[id] = Entry(address: address, source: source, heard: wall)
        isChanged = true
        guard entries.count > countMax, let oldest = entries.min(by: { $0.value.heard < $1.value.heard }) else {
            return
        }
        entries[oldest.key] = nil
    }

    /// The node answered under its address.
    mutating func reached(_ id: PeerID, at wall: Int64) {
        entries[id]?.failures = 0
        entries[id]?.heard = wall
    }

    /// The node did not answer under its address.
    mutating func missed(_ id: PeerID) {
        guard let failures = entries[id]?.failures else { return }
        entries[id]?.failures = failures + 1
        guard failures + 1 >= Self.failuresMax else { return }
        entries[id] = nil
        isChanged = true
    }

    /// Some addresses to pass on to a peer, drawn from those that are not known to fail.
    func sample(_ count: Int, for peer: PeerID, using random: inout some RandomNumberGenerator) -> [PeerAddress] {
        let good = entries.filter { $0.key != peer && $0.value.failures == 0 }.values.map(\.address)
        return Array(good.shuffled(using: &random).prefix(count))
    }

    // The file: {"addresses":[{"address":"ID@host:port","source":"ID","heard":1700000000000}]}, in the order of nodes.

    /// The book as its file holds it; from now on unchanged.
    mutating func encoded() -> [UInt8] {
        isChanged = false
        let list = entries.sorted { $0.key < $1.key }.map { _, entry in
            JSON.object([
                .init("address", .string("\(entry.address)")), .init("source", .string("\(entry.source)")),
                .init("heard", .integer(entry.heard)),
            ])
        }
        return JSON.object([.init("addresses", .array(list))]).serialized()
    }

    /// Takes what a file holds, as far as it can be read, under the same bounds; false where it is no address book.
    mutating func load(_ bytes: [UInt8]) -> Bool {
        guard let document = try? JSONDocument(parsing: bytes), let list = JSON(document.root)["addresses"]?.array
        else {
            return false
        }
        for item in list {
            guard let address = item["address"]?.string.flatMap({ PeerAddress($0) }),
                let source = item["source"]?.string.flatMap({ PeerID($0) }),
                case .number(let heard)? = item["heard"], let wall = Int64(heard)
            else { continue }
            learn(address, from: source, at: wall)
        }
        isChanged = false
        return true
    }
}
