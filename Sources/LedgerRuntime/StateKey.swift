import LedgerModel

/// A key of the state as a dictionary's key.
///
/// An array hashes itself byte by byte, anew for each dictionary that is asked; this is hashed once, by words.
struct StateKey: Hashable {
    let store: StoreName
    let bytes: [UInt8]
    private let hash: Int

    init(_ store: StoreName, _ bytes: [UInt8]) {
        self.store = store
        self.bytes = bytes
        var hasher = Hasher()
        hasher.combine(store)
        hasher.combine(bytes.count)
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if index & 7 == 7 { hasher.combine(word) }
        }
        // The last word has the bytes since the one before among its own.
        hasher.combine(word)
        hash = hasher.finalize()
    }

    static func == (left: StateKey, right: StateKey) -> Bool {
        left.hash == right.hash && left.store == right.store && left.bytes == right.bytes
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
