import Synchronization

/// Requests whose answer is not wholly sent, and the large answers among them, over all connections.
///
/// A route's own work is bounded by ``Admission``; this bounds what clients leave behind who ask and do not take the
/// answer.
final class OpenRequests: Sendable {
    /// Beyond these a request is dropped with its connection or stream: an answer would only be one more.
    static let countMax = 4_096
    /// Of these, the second half is for connections that have no more than so many open, and for addresses that hold no
    /// more than a quarter (``AddressShare``): a few clients cannot take all.
    static let countFair = 8
    static let bytesMax = 256 << 20
    /// Parts of answers below this are not counted: a connection's own buffers bound them.
    static let bytesCounted = 16 << 10

    private let count = Atomic(0)
    private let bytes = Atomic(0)

    /// Whether answers that are not taken go sooner.
    var isCrowded: Bool {
        count.load(ordering: .relaxed) > Self.countMax / 2 || bytes.load(ordering: .relaxed) > Self.bytesMax / 2
    }

    /// Counts one more of an address, if there is room; `others` are open on the same connection.
    func begin(beside others: Int, of address: AddressShare) -> Bool {
        let most = others < Self.countFair ? Self.countMax : Self.countMax / 2
        let mine = address.requests.wrappingAdd(1, ordering: .relaxed).newValue
        let all = count.wrappingAdd(1, ordering: .relaxed).newValue
        if all <= most, AddressShare.isFair(mine, of: all, max: Self.countMax) { return true }
        end(1, of: address)
        return false
    }

    func end(_ number: Int, of address: AddressShare) {
        count.wrappingSubtract(number, ordering: .relaxed)
        address.requests.wrappingSubtract(number, ordering: .relaxed)
    }

    /// Counts bytes of an address that wait, if there is room.
    func hold(_ number: Int, of address: AddressShare) -> Bool {
        let mine = address.bytes.wrappingAdd(number, ordering: .relaxed).newValue
        let all = bytes.wrappingAdd(number, ordering: .relaxed).newValue
        if AddressShare.isFair(mine, of: all, max: Self.bytesMax) { return true }
        release(number, of: address)
        return false
    }

    func release(_ number: Int, of address: AddressShare) {
        bytes.wrappingSubtract(number, ordering: .relaxed)
        address.bytes.wrappingSubtract(number, ordering: .relaxed)
    }
}
