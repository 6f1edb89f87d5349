import Dispatch
import Glibc

/// The CPU that one document may take under a registered XML Schema.
///
/// libxml2 bounds neither identity constraints nor the sum of its patterns, so it is asked between elements whether it may
/// go on. Counted is the CPU of the thread that asks: a busy machine refuses no more than an idle one. Used on one thread.
final class ValidationBudget {
    /// A document of 16 MiB takes less than a second under any schema that has been published.
    static let seconds: UInt64 = 5
    /// The thread's clock costs a system call, so it is asked no more often than this.
    private static let lookNanoseconds: UInt64 = 5_000_000

    private let end: UInt64
    private var nextLook: UInt64 = 0
    private var isSpent = false

    init(seconds: UInt64 = ValidationBudget.seconds) { end = Self.threadNanoseconds() + seconds * 1_000_000_000 }

    /// Whether something is left of it.
    func mayGoOn() -> Bool {
        let now = DispatchTime.now().uptimeNanoseconds
        if now >= nextLook, !isSpent {
            nextLook = now + Self.lookNanoseconds
            isSpent = Self.threadNanoseconds() >= end
        }
        return !isSpent
    }

    private static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
