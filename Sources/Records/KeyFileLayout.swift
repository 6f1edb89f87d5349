import Codec
/// One slot of a key file; ``GroupKeyFile`` has the table.
enum KeyFileSlot: Equatable {
    case group(Int64, [UInt8])
    case recordIDSecret(Int, [UInt8])
    case dates(RecordIDGeneration)
    /// The key under which the gateway's own secrets are sealed.
    case sealing([UInt8])
    case empty

    private static let secretMark: UInt64 = 1 << 63
    private static let datesMark: UInt64 = 1 << 63 | 1 << 62
    private static let marks = datesMark
    private static let sealingMark: UInt64 = 1 << 62 | 1

    var encoded: [UInt8] {
        switch self {
        case .group(let number, let key): UInt64(number).bigEndianBytes + key
        case .recordIDSecret(let number, let secret): (Self.secretMark | UInt64(number)).bigEndianBytes + secret
        case .dates(let generation):
            (Self.datesMark | UInt64(generation.number)).bigEndianBytes
                + (generation.createdAt ?? 0).bigEndianBytes
                + (generation.endsAt ?? 0).bigEndianBytes + (generation.destroyedAt ?? 0).bigEndianBytes
                + UInt64(0).bigEndianBytes
        case .sealing(let key): Self.sealingMark.bigEndianBytes + key
        case .empty: [UInt8](repeating: 0, count: KeyFileLayout.slotBytes)
        }
    }

    /// `position`: the slot's, from 0.
    init(_ slot: ArraySlice<UInt8>, position: Int64) {
        let number = UInt64(bigEndianBytes: slot.prefix(8))
        let rest = slot.dropFirst(8)
        // A generation's number is small: a flipped bit makes none.
        switch number & Self.marks {
        case Self.secretMark where number & ~Self.marks <= UInt64(Int32.max):
            self = .recordIDSecret(Int(number & ~Self.marks), Array(rest))
        case Self.datesMark where number & ~Self.marks <= UInt64(Int32.max):
            func date(_ index: Int) -> UInt64? {
                let value = UInt64(bigEndianBytes: rest.dropFirst(8 * index).prefix(8))
                return value == 0 ? nil : value
            }
            self = .dates(
                RecordIDGeneration(
                    number: Int(number & ~Self.marks), createdAt: date(0), endsAt: date(1), destroyedAt: date(2)))
        case _ where number == Self.sealingMark: self = .sealing(Array(rest))
        default:
            self = number == UInt64(position + 1) ? .group(position + 1, Array(rest)) : .empty
        }
    }

}

/// A key file as it was read.
struct KeyFileLayout {
    static let magic = Array("vivian/keys/2".utf8) + [0, 0, 0]
    private static let oldMagic = Array("vivian/keys/1".utf8) + [0, 0, 0]
    static let headerBytes = 48
    static let slotBytes = 40

    var keys: [Int64: [UInt8]] = [:]
    var recordIDs: RecordIDSecrets
    /// Nil until it was needed first.
    var sealing: [UInt8]?
    /// Whole slots; a torn one after them is written over.
    let slots: Int64

    init(_ bytes: [UInt8], named name: String) throws(KeyFileFailure) {
        guard bytes.count >= Self.headerBytes, [Self.magic, Self.oldMagic].contains(Array(bytes[0..<16])) else {
            throw KeyFileFailure("\(name) is not a key file of this version")
        }
        slots = Int64((bytes.count - Self.headerBytes) / Self.slotBytes)
        recordIDs = RecordIDSecrets(
            first: Array(bytes[16..<Self.headerBytes]), isOldLayout: Array(bytes[0..<16]) == Self.oldMagic)
        for position in 0..<slots {
            let start = Self.headerBytes + Int(position) * Self.slotBytes
            switch KeyFileSlot(bytes[start..<start + Self.slotBytes], position: position) {
            case .group(let number, let key): keys[number] = key
            case .recordIDSecret(let number, let secret):
                guard number == recordIDs.generations.count + 1 else {
                    throw KeyFileFailure("\(name) is damaged: generations of the secret for record ids are missing")
                }
                recordIDs.add(
                    RecordIDGeneration(number: number, createdAt: nil), secret: secret, slot: position, datesSlot: nil)
            case .dates(let generation):
                // Dates alone are what a crash left of a generation that never began.
                guard 1...recordIDs.generations.count ~= generation.number else { break }
                recordIDs.set(generation, datesSlot: position)
            case .sealing(let key): sealing = key
            case .empty: break
            }
        }
        guard recordIDs.isNewestLive else {
            throw KeyFileFailure("\(name) is damaged: the newest secret for record ids is gone")
        }
    }
}
