/// Times of a pre-hash string: UTC, three decimals, `Z` (CBV 2.0 §8.9).
struct CanonicalTime {
    private var days: Int
    private var secondOfDay: Int
    private var nanoseconds: Int

    /// How the decimals after the third are rounded.
    enum Rounding: Sendable {
        /// The fourth decimal decides: 5 and more go up (the text of the standard).
        case fourthDecimal
        /// Six decimals, half to even (the reference program).
        case halfToEven
    }

    /// Reads `YYYY-MM-DDThh:mm[:ss[.f...]]` with `Z` or an offset `+hh:mm`; nil for other text and for impossible times.
    init?(_ text: ArraySlice<UInt8>) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t"), let hour = reader.number(2),
            reader.skip(":"), let minute = reader.number(2)
        else { return nil }
        var second = 0
        var fraction = 0
        if reader.skip(":") {
            guard let found = reader.number(2) else { return nil }
            second = found
            if reader.skip(".") {
                guard let found = reader.fraction() else { return nil }
                fraction = found
            }
        }
        guard let offset = reader.offset(), reader.isAtEnd, year > 0, (1...12).contains(month),
            (1...Self.length(ofMonth: month, year)).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = hour * 3_600 + minute * 60 + second - offset * 60
        days = Self.days(year, month, day) + Self.floor(seconds, 86_400)
        secondOfDay = seconds - Self.floor(seconds, 86_400) * 86_400
        nanoseconds = fraction
        guard (Self.days(1, 1, 1)..<Self.days(10_000, 1, 1)).contains(days) else { return nil }
    }

    /// Appends the time, rounded to thousandths.
    mutating func append(_ rounding: Rounding, to bytes: inout UTF8Text) {
        var milliseconds = nanoseconds / 1_000_000
        switch rounding {
        case .fourthDecimal:
            if nanoseconds / 100_000 % 10 >= 5 { milliseconds += 1 }
        case .halfToEven:
            let micros = nanoseconds / 1_000 % 1_000
            if micros > 500 || micros == 500 && milliseconds % 2 == 1 { milliseconds += 1 }
        }
        if milliseconds == 1_000 {
            milliseconds = 0
            secondOfDay += 1
            if secondOfDay == 86_400 { (secondOfDay, days) = (0, days + 1) }
        }
        let date = Self.date(days)
        Self.append(date.year, 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(date.month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(date.day, 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        Self.append(secondOfDay / 3_600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(secondOfDay / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(secondOfDay % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        Self.append(milliseconds, 3, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    private static func append(_ number: Int, _ width: Int, to bytes: inout UTF8Text) {
        var divisor = width == 4 ? 1_000 : width == 3 ? 100 : 10
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floor(_ number: Int, _ divisor: Int) -> Int {
        number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor)
    }

    /// Days since 0000-03-01 of the proleptic Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = floor(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let era = floor(days, 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

/// A place in a text of digits.
private struct DigitReader {
    private let text: ArraySlice<UInt8>
    private var index: Int

    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        index = text.startIndex
    }

    var isAtEnd: Bool { index == text.endIndex }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < text.endIndex, text[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        guard index + width <= text.endIndex else { return nil }
        var number = 0
        for _ in 0..<width {
            guard text[index].isDigit else { return nil }
            number = number * 10 + Int(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        return number
    }

    /// Decimals as nanoseconds; those after the ninth are passed over.
    mutating func fraction() -> Int? {
        let start = index
        var scale = 100_000_000
        var nanoseconds = 0
        while index < text.endIndex, text[index].isDigit {
            nanoseconds += Int(text[index] - UInt8(ascii: "0")) * scale
            scale /= 10
            index += 1
        }
        return index > start ? nanoseconds : nil
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let isWest = skip("-")
        guard isWest || skip("+"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
}
