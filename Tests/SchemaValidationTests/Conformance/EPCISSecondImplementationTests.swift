import Codec
import Foundation
import TestSupport
import Testing

@testable import SchemaValidation

/// The official EPCIS schema run by Python's `jsonschema` against the same schema run by our engine, formats aside: the
/// two engines know different ones.
@Suite("EPCIS schema in a second implementation", .enabled(if: SecondImplementation.shouldRun))
struct EPCISSecondImplementationTests {
    private static let program = """
        import json, sys, warnings
        warnings.simplefilter("ignore")
        import jsonschema
        schema = json.load(open(sys.argv[1]))
        validator = jsonschema.Draft7Validator(schema)
        for line in open(sys.argv[2], encoding="utf-8"):
            print(1 if validator.is_valid(json.loads(line)) else 0)
        """

    @Test("agrees on every official document and 500 mutations")
    func agrees() throws {
        let folder = try #require(VectorFolder.folder("epcis"))
        let schemaURL = folder.appending(path: "EPCIS-JSON-Schema.json")
        let schema = try JSONSchema(
            compiling: try JSONDocument(parsing: try VectorFolder.bytes(of: schemaURL)),
            registry: try SchemaRegistry.standard, options: SchemaOptions(formats: .annotated))
        var random = SeededGenerator(seed: 7)
        var lines: [[UInt8]] = []
        for file in VectorFolder.files("epcis", endingWith: ".jsonld") where file.path.contains("/epcis/JSON/") {
            let document = JSON(try JSONDocument(parsing: try VectorFolder.bytes(of: file)).root)
            lines.append(document.serialized())
            for _ in 0..<16 {
                var mutant = document
                JSONMutation.apply(to: &mutant, using: &random)
                // Names given twice are refused by our parser and taken by Python's.
                if (try? JSONDocument(parsing: mutant.serialized())) != nil { lines.append(mutant.serialized()) }
            }
        }
        #expect(lines.count >= 500)
        let list = FileManager.default.temporaryDirectory.appending(path: "epcis-mutations-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: list) }
        try Data(lines.joined(separator: [0x0a])).write(to: list)
        let output = try #require(try SecondImplementation.python([Self.program, schemaURL.path, list.path]))
        let verdicts = output.split(separator: "\n").map { $0 == "1" }
        try #require(verdicts.count == lines.count)
        for (line, verdict) in zip(lines, verdicts) {
            let isAccepted = schema.accepts(try JSONDocument(parsing: line))
            #expect(isAccepted == verdict, "\(String(decoding: line, as: UTF8.self))")
        }
    }
}

/// Python with the package `jsonschema`.
enum SecondImplementation {
    /// The Python of deploy/bootstrap, which has the package; without one of them the suite is skipped, but where
    /// everything must run.
    private static let interpreter = URL(fileURLWithPath: #filePath)
        .appending(path: "../../../../.build-python/bin/python").standardizedFileURL

    static let shouldRun =
        VectorFolder.isRequired || (VectorFolder.shouldRun("epcis") && (try? python(["import jsonschema"])) != nil)

    /// Runs Python; nil where it or the package is not there.
    static func python(_ arguments: [String]) throws -> String? {
        let process = Process()
        process.executableURL = interpreter
        process.arguments = ["-c"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
    }
}
