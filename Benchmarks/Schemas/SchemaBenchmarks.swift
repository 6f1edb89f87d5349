import AllocationCount
import Codec
import Foundation
import SchemaValidation

/// Schemas and documents from a folder that `Benchmarks/schemas` fills; the peers read the same files.
///
/// `schema-benchmarks FOLDER`: each case is a folder with `schema.json` and `document.json`, or with `main.xsd`, its
/// companions and `document.xml`.
@main
struct SchemaBenchmarks {
    static func main() throws {
        guard CommandLine.arguments.count >= 2 else { fatalError("usage: schema-benchmarks FOLDER [CASE]") }
        let folder = URL(filePath: CommandLine.arguments[1])
        let wanted = CommandLine.arguments.dropFirst(2).first
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where wanted == nil || wanted == name {
            let place = folder.appending(path: name)
            if FileManager.default.fileExists(atPath: place.appending(path: "schema.json").path) {
                try json(name, place)
            } else {
                try xml(name, place)
            }
        }
    }

    private static func bytes(_ url: URL) throws -> [UInt8] { Array(try Data(contentsOf: url)) }

    private static func json(_ name: String, _ place: URL) throws {
        let schemaText = try bytes(place.appending(path: "schema.json"))
        let schema = try JSONSchema(
            compiling: JSONDocument(parsing: schemaText), registry: SchemaRegistry.standard,
            options: SchemaOptions(defaultDraft7: true))
        let text = try bytes(place.appending(path: "document.json"))
        let parsed = try JSONDocument(parsing: text)
        guard schema.validate(parsed).isEmpty else { fatalError("\(name) is not valid") }
        // The peers' loops have the same length.
        let times = max(5, 20_000_000 / text.count)
        let both = figure(times) {
            guard let document = try? JSONDocument(parsing: text), schema.accepts(document) else { fatalError() }
        }
        let parse = figure(times) {
            guard let document = try? JSONDocument(parsing: text), document.nodeCount > 0 else { fatalError() }
        }
        let validate = figure(times) {
            guard schema.accepts(parsed) else { fatalError() }
        }
        print(
            "jsonschema \(name) bytes=\(text.count) ours parse+validate=\(both) parse=\(parse) validate=\(validate)")
        fflush(nil)
    }

    private static func xml(_ name: String, _ place: URL) throws {
        var documents: [String: [UInt8]] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: place.path) where file.hasSuffix(".xsd") {
            documents[file] = try bytes(place.appending(path: file))
        }
        let schema = try XMLSchema(documents: documents, main: "main.xsd")
        let text = try bytes(place.appending(path: "document.xml"))
        guard try schema.validate(text).isEmpty else { fatalError("\(name) is not valid") }
        let times = max(5, 4_000_000 / text.count)
        let check = figure(times) {
            guard let found = try? schema.validate(text), found.isEmpty else { fatalError() }
        }
        let tree = figure(times) {
            guard let found = try? schema.parse(text), found.violations.isEmpty else { fatalError() }
        }
        print("xmlschema \(name) bytes=\(text.count) ours parse+validate=\(check) with-tree=\(tree)")
        fflush(nil)
    }

    /// Microseconds of this thread's CPU time for one run, median of five rounds after a warm one, and allocations.
    private static func figure(_ times: Int, _ body: () -> Void) -> String {
        for _ in 0..<max(1, times / 4) { body() }
        var rounds: [Double] = []
        let before = allocation_count()
        for _ in 0..<5 {
            let began = seconds()
            for _ in 0..<times { body() }
            rounds.append((seconds() - began) / Double(times) * 1e6)
        }
        let allocations = Double(allocation_count() - before) / Double(5 * times)
        return "\((rounds.sorted()[2] * 100).rounded() / 100)us/\((allocations * 10).rounded() / 10)allocs"
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
