/// The formats that are checked (JSON Schema 2020-12 Validation §7.3, draft-07 §7.3).
///
/// Other names are not.
enum Format: UInt8, CaseIterable, Sendable {
    case dateTime, date, time, duration
    case email, idnEmail, hostname, idnHostname, ipv4, ipv6
    case uri, uriReference, iri, iriReference, uriTemplate
    case uuid, jsonPointer, relativeJSONPointer, regex

    /// The name in a schema.
    var name: String {
        switch self {
        case .dateTime: "date-time"
        case .date: "date"
        case .time: "time"
        case .duration: "duration"
        case .email: "email"
        case .idnEmail: "idn-email"
        case .hostname: "hostname"
        case .idnHostname: "idn-hostname"
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        case .uri: "uri"
        case .uriReference: "uri-reference"
        case .iri: "iri"
        case .iriReference: "iri-reference"
        case .uriTemplate: "uri-template"
        case .uuid: "uuid"
        case .jsonPointer: "json-pointer"
        case .relativeJSONPointer: "relative-json-pointer"
        case .regex: "regex"
        }
    }

    /// The format of that name, or nil.
    init?(named name: String) {
        guard let format = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = format
    }

    /// Whether a range of UTF-8 text has this format.
    func accepts(_ text: [UInt8], in range: Range<Int>) -> Bool {
        var cursor = FormatCursor(text: text, range: range)
        switch self {
        case .dateTime: return cursor.dateTime() && cursor.isAtEnd
        case .date: return cursor.date() != nil && cursor.isAtEnd
        case .time: return cursor.time() && cursor.isAtEnd
        case .duration: return cursor.duration() && cursor.isAtEnd
        case .ipv4: return cursor.ipv4() && cursor.isAtEnd
        case .ipv6: return cursor.ipv6() && cursor.isAtEnd
        case .uuid: return cursor.uuid() && cursor.isAtEnd
        case .uri: return URIFormat.isURI(text, range, isInternational: false)
        case .iri: return URIFormat.isURI(text, range, isInternational: true)
        case .uriReference: return URIFormat.isReference(text, range, isInternational: false)
        case .iriReference: return URIFormat.isReference(text, range, isInternational: true)
        case .uriTemplate: return URIFormat.isTemplate(text, range)
        case .jsonPointer: return cursor.jsonPointer()
        case .relativeJSONPointer: return cursor.relativeJSONPointer()
        case .hostname: return HostFormat.isHostname(text, range)
        case .idnHostname: return HostFormat.isInternationalHostname(text, range)
        case .email: return HostFormat.isEmail(text, range, isInternational: false)
        case .idnEmail: return HostFormat.isEmail(text, range, isInternational: true)
        case .regex: return (try? Pattern(String(decoding: text[range], as: UTF8.self))) != nil
        }
    }
}

/// A place in a text, for grammars that are read from left to right.
struct FormatCursor {
    let text: [UInt8]
    let end: Int
    var index: Int

    init(text: [UInt8], range: Range<Int>) {
        self.text = text
        index = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { index == end }
    /// The byte here, 0 at the end.
    var byte: UInt8 { index < end ? text[index] : 0 }

    mutating func take(_ expected: Unicode.Scalar) -> Bool {
        guard index < end, UInt32(text[index]) == expected.value else { return false }
        index += 1
        return true
    }

    /// Exactly `count` decimal digits.
    mutating func number(_ count: Int) -> Int? {
        guard end - index >= count else { return nil }
        var value = 0
        for _ in 0..<count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
            index += 1
        }
        return value
    }

    /// As many digits as there are; how many.
    mutating func digits() -> Int {
        let start = index
        while index < end, text[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        return index - start
    }

    static func isHex(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
    }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}

extension FormatCursor {
    /// `full-date` of RFC 3339 §5.6; the day exists.
    mutating func date() -> (year: Int, month: Int, day: Int)? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            (1...12).contains(month), day >= 1
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
        return day <= days ? (year, month, day) : nil
    }

    /// `full-time` of RFC 3339 §5.6.
    ///
    /// The second 60 stands only at 23:59 UTC.
    mutating func time() -> Bool {
        guard let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            hour < 24, minute < 60, second <= 60
        else { return false }
        if take(".") {
            guard digits() > 0 else { return false }
        }
        var offset = 0
        if !(take("Z") || take("z")) {
            let isBehind = byte == UInt8(ascii: "-")
            guard take("+") || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return false }
            offset = (hours * 60 + minutes) * (isBehind ? 1 : -1)
        }
        guard second == 60 else { return true }
        let minuteOfDay = ((hour * 60 + minute + offset) % 1440 + 1440) % 1440
        return minuteOfDay == 1439
    }

    mutating func dateTime() -> Bool { date() != nil && (take("T") || take("t")) && time() }

    /// `duration` of RFC 3339 appendix A.
    mutating func duration() -> Bool {
        guard take("P") else { return false }
        let start = index
        if digits() > 0, take("W") { return true }
        index = start
        let hasDate = units("YMD")
        guard hasDate != nil else { return false }
        if take("T") { return units("HMS") == true }
        return hasDate == true
    }

    /// Numbers with these unit letters, in order and without gaps between; whether there was any, nil if broken.
    private mutating func units(_ letters: StaticString) -> Bool? {
        let order = Array(String(describing: letters).utf8)
        var last: Int?
        while FormatCursor.isDigit(byte) {
            _ = digits()
            guard let place = order.firstIndex(of: byte), last.map({ place == $0 + 1 }) ?? true else { return nil }
            last = place
            index += 1
        }
        return last != nil
    }

    /// Dotted quad of RFC 2673 §3.2, without leading zeros.
    mutating func ipv4() -> Bool {
        for part in 0..<4 {
            if part > 0, !take(".") { return false }
            let start = index
            let count = digits()
            guard (1...3).contains(count), count == 1 || text[start] != UInt8(ascii: "0") else { return false }
            var value = 0
            for digit in text[start..<index] { value = value * 10 + Int(digit - UInt8(ascii: "0")) }
            guard value < 256 else { return false }
        }
        return true
    }

    /// RFC 4291 §2.2, without zone.
    mutating func ipv6() -> Bool {
        var groups = 0
        var hasGap = false
        if take(":") {
            guard take(":") else { return false }
            hasGap = true
        }
        while index < end {
            let start = index
            while index < end, index - start < 5, Self.isHex(text[index]) { index += 1 }
            let count = index - start
            guard count > 0 else { break }
            if byte == UInt8(ascii: ".") {
                index = start
                guard ipv4() else { return false }
                groups += 2
                break
            }
            guard count <= 4 else { return false }
            groups += 1
            guard index < end, byte == UInt8(ascii: ":") else { break }
            index += 1
            if take(":") {
                guard !hasGap else { return false }
                hasGap = true
            } else if index == end {
                return false
            }
        }
        return hasGap ? groups <= 7 : groups == 8
    }

    /// RFC 4122 §3.
    mutating func uuid() -> Bool {
        for (part, count) in [8, 4, 4, 4, 12].enumerated() {
            if part > 0, !take("-") { return false }
            for _ in 0..<count {
                guard index < end, Self.isHex(text[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    /// RFC 6901 §3, to the end of the text.
    mutating func jsonPointer() -> Bool {
        guard isAtEnd || byte == UInt8(ascii: "/") else { return false }
        while index < end {
            if take("~"), !(take("0") || take("1")) { return false }
            if index < end, byte != UInt8(ascii: "~") { index += 1 }
        }
        return true
    }

    /// draft-bhutton-relative-json-pointer §3.
    mutating func relativeJSONPointer() -> Bool {
        let start = index
        let count = digits()
        guard count > 0, count == 1 || text[start] != UInt8(ascii: "0") else { return false }
        if take("#") { return isAtEnd }
        return jsonPointer()
    }
}
