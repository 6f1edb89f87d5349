import Glibc

/// The two clocks of this machine, in nanoseconds.
enum SystemClock {
    static func wall() -> UInt64 { read(CLOCK_REALTIME) }
    static func steady() -> UInt64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
