import HTTPTypes
import Synchronization

/// What every answer says of itself: when it was made, and by what.
struct AnswerStamp: Sendable {
    static let server = HTTPField(name: .server, value: "vivian")
    let date: DateField
}

/// The `Date` field (RFC 9110 §6.6.1), written once a second.
final class DateField: Sendable {
    private let newest = Mutex<(second: UInt64, field: HTTPField)?>(nil)
    private let now: @Sendable () -> UInt64

    /// `now`: nanoseconds since 1970.
    init(_ now: @escaping @Sendable () -> UInt64) { self.now = now }

    /// The field, and the second since 1970 that it names.
    var current: (second: UInt64, field: HTTPField) {
        let second = now() / 1_000_000_000
        return newest.withLock { newest in
            if let newest, newest.second == second { return newest }
            let made = (second: second, field: HTTPField(name: .date, value: TimeText.httpDate(second: second)))
            newest = made
            return made
        }
    }
}
