/// Times in one spelling: UTC with three decimals (rule 5).
enum CBVTime {
    /// `2022-02-16T14:00:00.000Z`; text that is no date-time stays as it is.
    static func normalized(_ text: String) -> String {
        guard let (days, seconds, microseconds, offset) = parse(text) else { return text }
        // The reference program rounds microseconds to thousands, halves to even.
        var thousandths = microseconds / 1_000
        let rest = microseconds % 1_000
        if rest > 500 || rest == 500 && thousandths % 2 == 1 { thousandths += 1 }
        var total = days * 86_400 + seconds - offset
        if thousandths == 1_000 {
            thousandths = 0
            total += 1
        }
        let day = total >= 0 ? total / 86_400 : (total - 86_399) / 86_400
        let second = total - day * 86_400
        let (year, month, date) = civil(day)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T\(padded(second / 3_600, 2)):"
            + "\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2)).\(padded(thousandths, 3))Z"
    }

    /// Days since 1970, seconds of the day, microseconds, and the offset in seconds.
    private static func parse(_ text: String) -> (days: Int, seconds: Int, microseconds: Int, offset: Int)? {
        var rest = Array(text.utf8)[...]
        func number(_ count: Int) -> Int? {
            guard rest.count >= count else { return nil }
            var value = 0
            for byte in rest.prefix(count) {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            rest.removeFirst(count)
            return value
        }
        func skip(_ character: UInt8) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }
        guard let year = number(4), skip(UInt8(ascii: "-")), let month = number(2), 1...12 ~= month,
            skip(UInt8(ascii: "-")), let day = number(2), 1...31 ~= day,
            skip(UInt8(ascii: "T")) || skip(UInt8(ascii: "t")) || skip(UInt8(ascii: " ")),
            let hour = number(2), hour < 24, skip(UInt8(ascii: ":")), let minute = number(2), minute < 60
        else { return nil }
        var second = 0
        var microseconds = 0
        if skip(UInt8(ascii: ":")) {
            guard let value = number(2), value < 61 else { return nil }
            second = value
            if skip(UInt8(ascii: ".")) {
                let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
                guard !digits.isEmpty else { return nil }
                // Digits beyond the sixth are cut off.
                for index in 0..<6 {
                    let digit = index < digits.count ? Int(digits[digits.startIndex + index] - UInt8(ascii: "0")) : 0
                    microseconds = microseconds * 10 + digit
                }
                rest.removeFirst(digits.count)
            }
        }
        var offset = 0
        if skip(UInt8(ascii: "Z")) || skip(UInt8(ascii: "z")) {
        } else if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            rest.removeFirst()
            guard let hours = number(2) else { return nil }
            _ = skip(UInt8(ascii: ":"))
            guard let minutes = number(2) else { return nil }
            offset = (hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "-") ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        return (days(year, month, day), hour * 3_600 + minute * 60 + second, microseconds, offset)
    }

    /// Days since 1970 of a date in the proleptic Gregorian calendar, and back.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }
}
