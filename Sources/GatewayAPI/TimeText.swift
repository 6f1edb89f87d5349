import LedgerModel

/// Times in answers: RFC 3339 in UTC with nine decimals.
enum TimeText {
    static func rfc3339(nanoseconds: UInt64) -> String { Timestamp(nanosecondsSince1970: nanoseconds).rfc3339 }
    static func rfc3339(_ time: Timestamp) -> String { time.rfc3339 }
}
