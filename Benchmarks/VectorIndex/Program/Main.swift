import Cryptography
import Glibc
import StateTree
import VectorIndex

/// Builds one collection of a file of vectors, as a ledger would, and prints what it does and how fast.
///
/// Arguments: base, queries, truth (10 row numbers a query, u32 little-endian), dimension, then lines of what is wanted
/// on the standard input: see `Command`.
@main
enum Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let dimension = Int(arguments[4]) else {
            print("usage: vector-benchmarks BASE QUERIES TRUTH DIMENSION < commands")
            exit(2)
        }
        var bench = try Bench(
            base: Files.rows(arguments[1], dimension), queries: Files.rows(arguments[2], dimension),
            truth: Files.numbers(arguments[3]), dimension: dimension)
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            try bench.perform(String(name), words.dropFirst().compactMap { Int($0) })
            fflush(nil)
        }
    }
}

enum Files {
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw BenchFailure.file(path) }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let count = ftell(file)
        rewind(file)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = fread(buffer.baseAddress, 1, count, file)
        }
    }

    static func rows(_ path: String, _ dimension: Int) throws -> [[Int8]] {
        let bytes = try bytes(path)
        return stride(from: 0, to: bytes.count, by: dimension).map { start in
            bytes[start..<start + dimension].map { Int8(bitPattern: $0) }
        }
    }

    static func numbers(_ path: String) throws -> [UInt32] {
        let bytes = try bytes(path)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
        }
    }
}

enum BenchFailure: Error { case file(String), command(String) }

enum Clock {
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// The `vector` store of a ledger: the tree that `commit` writes to, and what an operation reads of it.
struct Store: VectorStateReader {
    var root = StateRoot()

    func value(_ key: [UInt8]) -> [UInt8]? { root.value(key) }

    mutating func take(_ changes: [VectorChange]) -> Int {
        root = root.updated(by: changes.map { (key: $0.key, value: $0.value) }).root
        return changes.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) }
    }
}
