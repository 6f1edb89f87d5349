import Glibc

/// Seconds of the machine's clocks.
enum Clock {
    static var steady: Double { read(CLOCK_MONOTONIC) }
    /// CPU of this process.
    static var process: Double { read(CLOCK_PROCESS_CPUTIME_ID) }
    static var wallNanoseconds: UInt64 { UInt64(read(CLOCK_REALTIME) * 1e6) * 1_000 }

    /// CPU of other processes, user and system, as /proc has it.
    static func cpu(of processes: [Int]) -> [Double] {
        processes.map { process in
            guard let text = text(of: "/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return 0 }
            let fields = text[end...].split(separator: " ")
            guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
