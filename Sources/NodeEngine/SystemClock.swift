import Glibc

/// The two clocks of this machine, in nanoseconds.
enum SystemClock {
    /// Since 1970; 0 before.
    static func wall() -> UInt64 { read(CLOCK_REALTIME) }
    /// Since the machine started: it goes on while the machine sleeps, so that waking up is no jump of the wall clock.
    static func steady() -> UInt64 { read(CLOCK_BOOTTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(max(time.tv_sec, 0)) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
