import Glibc

/// Now, on both clocks.
struct Moment: Hashable, Sendable {
    /// Nanoseconds of the steady clock, for everything that is decided.
    var steady: UInt64
    /// Milliseconds since 1970, for what is shown.
    var wall: Int64

    static var now: Moment {
        Moment(steady: nanoseconds(CLOCK_MONOTONIC), wall: Int64(nanoseconds(CLOCK_REALTIME) / 1_000_000))
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Both clocks exist and the structure is ours.
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
