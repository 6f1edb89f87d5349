import Glibc

/// Runs operations and prints their figures: CPU time of this thread and wall clock, the median of the rounds.
///
/// CPU time is what a shared machine leaves comparable; wall clock stands beside it where a disk is waited for.
enum Harness {
    static let rounds = 5

    static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Median CPU and wall seconds of `body`, after one run to warm up.
    static func measure(_ body: () throws -> Void) rethrows -> (cpu: Double, wall: Double) {
        try body()
        var cpu: [Double] = []
        var wall: [Double] = []
        for _ in 0..<rounds {
            let began = (seconds(CLOCK_THREAD_CPUTIME_ID), seconds(CLOCK_MONOTONIC))
            try body()
            cpu.append(seconds(CLOCK_THREAD_CPUTIME_ID) - began.0)
            wall.append(seconds(CLOCK_MONOTONIC) - began.1)
        }
        return (cpu.sorted()[rounds / 2], wall.sorted()[rounds / 2])
    }

    /// One line: `module.operation key=value`, its rate and time an item, and what it stands beside.
    static func report(
        _ name: String, items: Int, wallClock: Bool = false, note: String = "", _ body: () throws -> Void
    ) rethrows {
        let time = try measure(body)
        let seconds = wallClock ? time.wall : time.cpu
        let kind = wallClock ? "wall" : "CPU"
        print(
            "\(name): \(Int(Double(items) / seconds))/s, \(rounded(seconds / Double(items) * 1e6)) us each (\(kind))\(note)"
        )
        fflush(nil)
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
