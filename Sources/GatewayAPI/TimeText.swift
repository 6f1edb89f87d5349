import LedgerModel

/// Times as RFC 3339 has them: written in UTC with nine decimals, read with any offset.
enum TimeText {
    static func rfc3339(nanoseconds: UInt64) -> String { Timestamp(nanosecondsSince1970: nanoseconds).rfc3339 }
    static func rfc3339(_ time: Timestamp) -> String { time.rfc3339 }

    /// Nanoseconds since 1970 of a time from 1970 to 2261; nil for anything else.
    ///
    /// Decimals beyond the ninth are cut. A leap second is read as the second after (RFC 3339 §5.7 allows 60).
    static func nanoseconds(_ text: String) -> UInt64? {
        guard
            let match = text.wholeMatch(
                of:
                    /([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))/
            ), let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
            let hour = Int64(match.4), let minute = Int64(match.5), let second = Int64(match.6),
            1970...2261 ~= year, 1...12 ~= month, 1...days(year, month) ~= day, hour <= 23, minute <= 59, second <= 60
        else { return nil }
        var offset: Int64 = 0
        if let hours = match.9.flatMap({ Int64($0) }), let minutes = match.10.flatMap({ Int64($0) }) {
            guard hours <= 23, minutes <= 59 else { return nil }
            offset = (hours * 60 + minutes) * (match.8 == "-" ? -60 : 60)
        }
        let digits = String((match.7 ?? "").prefix(9))
        let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
        let seconds = epochDay(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        return UInt64(seconds) * 1_000_000_000 + UInt64(fraction)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A second since 1970 as HTTP has dates (IMF-fixdate, RFC 9110 §5.6.7).
    static func httpDate(second: UInt64) -> String {
        let text = Array(rfc3339(nanoseconds: second * 1_000_000_000).utf8)
        func part(_ places: Range<Int>) -> String { String(decoding: text[places], as: UTF8.self) }
        // 1970 began on a Thursday.
        let weekday = weekdays[Int((second / 86_400 + 4) % 7)]
        let month = months[(Int(part(5..<7)) ?? 1) - 1]
        return "\(weekday), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }

    private static func days(_ year: Int64, _ month: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970 in the Gregorian calendar: years begin in March, so that the leap day is the last.
    private static func epochDay(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
