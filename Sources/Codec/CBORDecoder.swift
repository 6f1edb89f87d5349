extension CBOR {
    /// The one item that `bytes` hold.
    ///
    /// - Complexity: linear; in the general profile, n log n in the bytes of map keys.
    /// - Throws: a `CBORFailure` for input that is malformed, that goes on after the item, or that the profile refuses.
    package static func decode(_ bytes: [UInt8], as profile: Profile = .deterministic) throws(CBORFailure) -> CBOR {
        guard bytes.count <= profile.byteCountMax else {
            throw .tooLarge(byteCount: bytes.count, byteCountMax: profile.byteCountMax)
        }
        var decoder = CBORDecoder(bytes: bytes, profile: profile)
        let item = try decoder.item(levels: profile.depthMax)
        guard decoder.offset == bytes.count else { throw .trailingBytes(offset: decoder.offset) }
        return item
    }
}

/// Reads items one after the other.
private struct CBORDecoder {
    let bytes: [UInt8]
    let profile: CBOR.Profile
    var offset = 0

    /// The first byte of an item and its argument (RFC 8949 §3).
    struct Head {
        var major: UInt8
        /// Additional information, the low five bits.
        var information: UInt8
        /// Nil for an indefinite length or a break.
        var argument: UInt64?
    }

    /// Room made ahead for items; a count is a claim, so no more than this is believed.
    private static let reservedMax = 32

    init(bytes: [UInt8], profile: CBOR.Profile) {
        self.bytes = bytes
        self.profile = profile
    }

    mutating func item(levels: Int) throws(CBORFailure) -> CBOR {
        let start = offset
        guard levels > 0 else { throw .tooDeep(offset: start) }
        let head = try head()
        switch head.major {
        case 0: return .unsigned(try definite(head, start))
        case 1: return .negative(try definite(head, start))
        case 2: return .bytes(try string(head, start))
        case 3: return .text(try text(head, start))
        case 4: return try array(head, levels: levels)
        case 5: return try map(head, levels: levels)
        case 6:
            let tag = try definite(head, start)
            guard profile.tags?.contains(tag) ?? true else { throw .refusedTag(tag, offset: start) }
            return .tagged(tag, try item(levels: levels - 1))
        default: return try simple(head, start)
        }
    }

    private mutating func head() throws(CBORFailure) -> Head {
        let start = offset
        guard offset < bytes.count else { throw .truncated(offset: start) }
        let first = bytes[offset]
        offset += 1
        let major = first >> 5
        let information = first & 31
        if information < 24 { return Head(major: major, information: information, argument: UInt64(information)) }
        if information == 31 {
            if profile.isDeterministic { throw .indefiniteLength(offset: start) }
            return Head(major: major, information: information, argument: nil)
        }
        guard information < 28 else { throw .malformedHead(offset: start) }
        let size = 1 << Int(information - 24)
        guard size <= bytes.count - offset else { throw .truncated(offset: start) }
        var argument: UInt64 = 0
        for index in offset..<offset + size { argument = argument << 8 | UInt64(bytes[index]) }
        offset += size
        if profile.isDeterministic, major != 7 {
            let least: UInt64 = size == 1 ? 24 : 1 << (4 * UInt64(size))
            guard argument >= least else { throw .notShortest(offset: start) }
        }
        return Head(major: major, information: information, argument: argument)
    }

    private func definite(_ head: Head, _ start: Int) throws(CBORFailure) -> UInt64 {
        guard let argument = head.argument else { throw .malformedHead(offset: start) }
        return argument
    }

    /// A count of bytes or items; every one of them takes a byte at least.
    private func count(_ argument: UInt64, _ start: Int) throws(CBORFailure) -> Int {
        guard argument <= UInt64(bytes.count - offset) else { throw .truncated(offset: start) }
        return Int(argument)
    }

    /// Whether a break ends an indefinite item here; steps over it.
    private mutating func atBreak() throws(CBORFailure) -> Bool {
        guard offset < bytes.count else { throw .truncated(offset: offset) }
        guard bytes[offset] == 0xff else { return false }
        offset += 1
        return true
    }

    private mutating func range(_ head: Head, _ start: Int) throws(CBORFailure) -> Range<Int> {
        let count = try count(try definite(head, start), start)
        defer { offset += count }
        return offset..<offset + count
    }

    private mutating func string(_ head: Head, _ start: Int) throws(CBORFailure) -> [UInt8] {
        if head.argument != nil { return Array(bytes[try range(head, start)]) }
        var whole: [UInt8] = []
        while try !atBreak() {
            let chunkStart = offset
            let chunk = try self.head()
            guard chunk.major == head.major, chunk.argument != nil else { throw .malformedChunk(offset: chunkStart) }
            let range = try range(chunk, chunkStart)
            // Each chunk of text is valid text of its own (RFC 8949 §3.2.3).
            if head.major == 3 { _ = try Self.text(bytes[range], start) }
            whole += bytes[range]
        }
        return whole
    }

    private mutating func text(_ head: Head, _ start: Int) throws(CBORFailure) -> String {
        if head.argument != nil { return try Self.text(bytes[try range(head, start)], start) }
        return try Self.text(try string(head, start)[...], start)
    }

    private static func text(_ utf8: ArraySlice<UInt8>, _ start: Int) throws(CBORFailure) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else { throw .invalidUTF8(offset: start) }
        return text
    }

    private mutating func array(_ head: Head, levels: Int) throws(CBORFailure) -> CBOR {
        var items: [CBOR] = []
        if let argument = head.argument {
            let count = try count(argument, offset)
            items.reserveCapacity(min(count, Self.reservedMax))
            for _ in 0..<count { items.append(try item(levels: levels - 1)) }
        } else {
            while try !atBreak() { items.append(try item(levels: levels - 1)) }
        }
        return .array(items)
    }

    private mutating func map(_ head: Head, levels: Int) throws(CBORFailure) -> CBOR {
        let start = offset
        var entries: [CBOR.Entry] = []
        if let argument = head.argument {
            let count = try count(argument, start)
            entries.reserveCapacity(min(count, Self.reservedMax))
            var previous = offset..<offset
            for _ in 0..<count { entries.append(try entry(levels: levels, after: &previous)) }
        } else {
            var previous = offset..<offset
            while try !atBreak() { entries.append(try entry(levels: levels, after: &previous)) }
        }
        if !profile.isDeterministic, entries.count > 1 {
            // Equal keys may be spelled differently here, so their deterministic encodings are compared.
            let keys = entries.map { $0.key.encoded() }.sorted { $0.lexicographicallyPrecedes($1) }
            for index in 1..<keys.count where keys[index] == keys[index - 1] { throw .duplicateKey(offset: start) }
        }
        return .map(entries)
    }

    /// One key and value; in the deterministic profile the key is above the `previous` one, whose bytes those were.
    private mutating func entry(levels: Int, after previous: inout Range<Int>) throws(CBORFailure) -> CBOR.Entry {
        let start = offset
        let key = try item(levels: levels - 1)
        if profile.isDeterministic {
            switch key {
            case .unsigned, .negative, .text: break
            default: throw .refusedKey(offset: start)
            }
            let current = start..<offset
            guard bytes[previous].lexicographicallyPrecedes(bytes[current]) else {
                throw bytes[previous] == bytes[current] ? .duplicateKey(offset: start) : .unorderedKey(offset: start)
            }
            previous = current
        }
        return CBOR.Entry(key: key, value: try item(levels: levels - 1))
    }

    private func simple(_ head: Head, _ start: Int) throws(CBORFailure) -> CBOR {
        let argument = try definite(head, start)
        switch head.information {
        case 20: return .boolean(false)
        case 21: return .boolean(true)
        case 22: return .null
        default: break
        }
        if profile.isDeterministic { throw .refusedSimple(offset: start) }
        switch head.information {
        case 23: return .undefined
        case 24:
            // RFC 8949 §3.3 wants 32 and more; 24 to 31, which have no shorter form, are read because RFC 7049 had one of
            // them (`f818`) among its examples.
            guard argument >= 24 else { throw .malformedHead(offset: start) }
            return .simple(UInt8(argument))
        case 25: return .float(CBORFloat.double(fromHalf: UInt16(argument)))
        case 26: return .float(Double(Float(bitPattern: UInt32(argument))))
        case 27: return .float(Double(bitPattern: argument))
        default: return .simple(head.information)
        }
    }
}
