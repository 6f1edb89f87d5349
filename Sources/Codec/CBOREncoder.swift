extension CBOR {
    /// The deterministic encoding (RFC 8949 §4.2.1): shortest arguments and floats, definite lengths, map keys in
    /// bytewise order of their encodings.
    ///
    /// - Complexity: linear where maps are in order already, else n log n in their entries.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCountMax)
        append(to: &bytes)
        return bytes
    }

    /// What the encoding takes at most, each head counted at its longest.
    private var byteCountMax: Int {
        let head = 9
        return switch self {
        case .bytes(let value): head + value.count
        case .text(let value): head + value.utf8.count
        case .array(let items): items.reduce(head) { $0 + $1.byteCountMax }
        case .map(let entries): entries.reduce(head) { $0 + $1.key.byteCountMax + $1.value.byteCountMax }
        case .tagged(_, let item): head + item.byteCountMax
        default: head
        }
    }

    /// Appends the deterministic encoding.
    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .unsigned(let value): Self.appendHead(0, value, to: &bytes)
        case .negative(let value): Self.appendHead(1, value, to: &bytes)
        case .bytes(let value):
            Self.appendHead(2, UInt64(value.count), to: &bytes)
            bytes.append(contentsOf: value)
        case .text(let value):
            let utf8 = value.utf8
            Self.appendHead(3, UInt64(utf8.count), to: &bytes)
            bytes.append(contentsOf: utf8)
        case .array(let items):
            Self.appendHead(4, UInt64(items.count), to: &bytes)
            for item in items { item.append(to: &bytes) }
        case .map(let entries): Self.append(entries, to: &bytes)
        case .tagged(let tag, let item):
            Self.appendHead(6, tag, to: &bytes)
            item.append(to: &bytes)
        case .boolean(let value): bytes.append(value ? 0xf5 : 0xf4)
        case .null: bytes.append(0xf6)
        case .undefined: bytes.append(0xf7)
        case .simple(let value): Self.appendHead(7, UInt64(value), to: &bytes)
        case .float(let value): CBORFloat.append(value, to: &bytes)
        }
    }

    /// Writes entries as they come and sorts only where they were out of order.
    private static func append(_ entries: [Entry], to bytes: inout [UInt8]) {
        appendHead(5, UInt64(entries.count), to: &bytes)
        let start = bytes.count
        var keys: [(key: Range<Int>, end: Int)] = []
        keys.reserveCapacity(entries.count)
        var isOrdered = true
        for entry in entries {
            let keyStart = bytes.count
            entry.key.append(to: &bytes)
            let key = keyStart..<bytes.count
            if let last = keys.last, !bytes[last.key].lexicographicallyPrecedes(bytes[key]) { isOrdered = false }
            entry.value.append(to: &bytes)
            keys.append((key, bytes.count))
        }
        guard !isOrdered else { return }
        keys.sort { bytes[$0.key].lexicographicallyPrecedes(bytes[$1.key]) }
        var ordered: [UInt8] = []
        ordered.reserveCapacity(bytes.count - start)
        for part in keys { ordered.append(contentsOf: bytes[part.key.lowerBound..<part.end]) }
        bytes.replaceSubrange(start..., with: ordered)
    }

    private static func appendHead(_ major: UInt8, _ argument: UInt64, to bytes: inout [UInt8]) {
        let type = major << 5
        switch argument {
        case ..<24: bytes.append(type | UInt8(argument))
        case ...0xff:
            bytes.append(type | 24)
            bytes.append(UInt8(argument))
        case ...0xffff: appendHead(type | 25, argument, byteCount: 2, to: &bytes)
        case ...0xffff_ffff: appendHead(type | 26, argument, byteCount: 4, to: &bytes)
        default: appendHead(type | 27, argument, byteCount: 8, to: &bytes)
        }
    }

    fileprivate static func appendHead(_ first: UInt8, _ argument: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
        bytes.append(first)
        for index in (0..<byteCount).reversed() { bytes.append(UInt8(truncatingIfNeeded: argument >> (8 * index))) }
    }
}

/// Floats of RFC 8949 §3.3, in the shortest of three widths that keeps the value (§4.2.2); NaN is `f97e00`.
enum CBORFloat {
    static func double(fromHalf bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 31)
        let fraction = Double(bits & 1023)
        let magnitude: Double =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: (fraction + 1024) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
            }
        return bits >> 15 == 1 ? -magnitude : magnitude
    }

    static func append(_ value: Double, to bytes: inout [UInt8]) {
        if let half = half(value) {
            CBOR.appendHead(0xf9, UInt64(half), byteCount: 2, to: &bytes)
        } else if Double(Float(value)) == value {
            CBOR.appendHead(0xfa, UInt64(Float(value).bitPattern), byteCount: 4, to: &bytes)
        } else {
            CBOR.appendHead(0xfb, value.bitPattern, byteCount: 8, to: &bytes)
        }
    }

    /// The half-precision bits of exactly this value, or nil.
    ///
    /// Worked out on the bits, so that no C mathematics library is needed.
    private static func half(_ value: Double) -> UInt16? {
        if value.isNaN { return 0x7e00 }
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        if value.isInfinite { return sign | 0x7c00 }
        if value == 0 { return sign }
        let exponent = Int(value.bitPattern >> 52 & 0x7ff) - 1023
        let fraction = value.bitPattern & (1 << 52 - 1)
        switch exponent {
        case -14...15:
            guard fraction & (1 << 42 - 1) == 0 else { return nil }
            return sign | UInt16(exponent + 15) << 10 | UInt16(fraction >> 42)
        case -24 ... -15:
            // Subnormal: a multiple of 2^-24.
            let significand = 1 << 52 | fraction
            let shift = UInt64(28 - exponent)
            guard significand & (1 << shift - 1) == 0 else { return nil }
            return sign | UInt16(significand >> shift)
        default: return nil
        }
    }
}
