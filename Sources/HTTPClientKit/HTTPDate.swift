/// A time as HTTP writes it (RFC 9110 §5.6.7): IMF-fixdate, and the two older forms that a recipient must read as well.
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// Seconds since 1970, negative before; nil for what is no HTTP-date.
    ///
    /// The name of the day must be one, not the right one. `now`, in seconds since 1970, decides which century a year of
    /// two digits means: one that would be more than 50 years ahead has passed.
    package static func seconds(_ text: String, now: UInt64) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        return switch parts.count {
        case 6 where parts[0].last == "," && days.contains(String(parts[0].dropLast())) && parts[5] == "GMT":
            time(day: parts[1], month: parts[2], year: number(parts[3], 4), clock: parts[4])
        case 4 where parts[0].last == "," && longDays.contains(String(parts[0].dropLast())) && parts[3] == "GMT":
            oldTime(parts[1].split(separator: "-", omittingEmptySubsequences: false), clock: parts[2], now: now)
        case 5 where days.contains(String(parts[0])):
            time(day: parts[2], month: parts[1], year: number(parts[4], 4), clock: parts[3])
        case 6 where days.contains(String(parts[0])) && parts[2].isEmpty && parts[3].utf8.count == 1:
            // asctime pads the day with a space.
            time(day: Substring("0" + parts[3]), month: parts[1], year: number(parts[5], 4), clock: parts[4])
        default: nil
        }
    }

    private static func oldTime(_ date: [Substring], clock: Substring, now: UInt64) -> Int64? {
        guard date.count == 3, let digits = number(date[2], 2) else { return nil }
        let thisYear = year(ofDay: Int64(now / 86_400))
        var year = thisYear - thisYear % 100 + digits
        if year > thisYear + 50 { year -= 100 } else if year + 50 <= thisYear { year += 100 }
        return time(day: date[0], month: date[1], year: year, clock: clock)
    }

    private static func time(day: Substring, month: Substring, year: Int64?, clock: Substring) -> Int64? {
        let clock = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard let year, let month = months.firstIndex(of: String(month)).map({ Int64($0) + 1 }),
            let day = number(day, 2), 1...length(ofMonth: month, year) ~= day, clock.count == 3,
            let hour = number(clock[0], 2), let minute = number(clock[1], 2), let second = number(clock[2], 2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return epochDay(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    private static func number(_ text: some StringProtocol, _ digits: Int) -> Int64? {
        text.utf8.count == digits && text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int64(text) : nil
    }

    private static func length(ofMonth month: Int64, _ year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970 in the Gregorian calendar: years begin in March, so that the leap day is the last.
    private static func epochDay(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // From a year that divides by 400 on, so that nothing is negative.
        let year = (month <= 2 ? year - 1 : year) + 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468 - 146_097
    }

    /// The year in which a day since 1970 lies.
    private static func year(ofDay day: Int64) -> Int64 {
        var year = 1970 + day / 366
        while epochDay(year + 1, 1, 1) <= day { year += 1 }
        return year
    }
}
