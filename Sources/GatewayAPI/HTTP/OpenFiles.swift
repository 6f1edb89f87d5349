import Foundation

/// How many connections the process may have.
enum OpenFiles {
    /// Files that are no connections: blocks, tiles, tables, links outwards.
    private static let others = 256

    /// Takes all the open files that the system grants, and says how many connections they are enough for.
    ///
    /// The soft limit is often 1,024 for the sake of programs that use `select`; nothing here does.
    static func connections(atMost max: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return max }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        guard limit.rlim_cur < rlim_t(max + others) else { return max }
        return Swift.max(Int(limit.rlim_cur) - others, Int(limit.rlim_cur) / 2)
    }
}
