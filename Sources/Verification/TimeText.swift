import LedgerModel

/// Times as people read them.
enum TimeText {
    /// RFC 3339 in UTC with nine decimals.
    static func show(_ time: Timestamp) -> String { time.rfc3339 }
}
