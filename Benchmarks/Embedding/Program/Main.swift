import Cryptography
import Embedding
import Glibc
import VectorIndex

/// The embedder on real texts.
///
/// Arguments: base texts, query texts (lines `name TAB text`), and for each query ten rows of
/// the base that a language model finds nearest (u32) and their dot products (i32), both little-endian.
@main
enum Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5 else {
            print("usage: embedding-benchmarks BASE QUERIES NEAREST PRODUCTS")
            exit(2)
        }
        print("embedder \(TextEmbedder.id)")
        let base = try Files.texts(arguments[1])
        Speed.run(base)
        let quality = Quality(
            base: base, queries: try Files.texts(arguments[2]), nearest: try Files.numbers(arguments[3]),
            products: try Files.numbers(arguments[4]))
        // Parameters were chosen on the first halves; the second ones are what counts.
        quality.run("first halves (tuned on)", half: 0)
        quality.run("second halves", half: 1)
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

    static func texts(_ path: String) throws -> [[UInt8]] {
        try bytes(path).split(separator: 10).map { line in
            line.firstIndex(of: 9).map { Array(line[($0 + 1)...]) } ?? []
        }
    }

    static func numbers(_ path: String) throws -> [UInt32] {
        let bytes = try bytes(path)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
        }
    }
}

enum BenchFailure: Error { case file(String) }
