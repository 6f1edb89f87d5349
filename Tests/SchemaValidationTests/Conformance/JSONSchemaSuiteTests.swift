import Codec
import Foundation
import TestSupport
import Testing

@testable import SchemaValidation

/// The JSON Schema Test Suite: each file of each draft is one case, each of its tests is checked.
@Suite("JSON Schema Test Suite")
struct JSONSchemaSuiteTests {
    struct File: Sendable, CustomTestStringConvertible {
        let set: String
        let draft: String
        /// Below the draft's folder.
        let path: String
        let url: URL
        var testDescription: String { "\(draft)/\(path)" }
        var isOptional: Bool { path.hasPrefix("optional/") }
        /// Formats are asserted in the folder that is about them, content in draft-07's file about it.
        var options: SchemaOptions {
            SchemaOptions(
                formats: path.hasPrefix("optional/format/") ? .asserted : .annotated,
                content: draft == "draft7" && path == "optional/content.json" ? .asserted : .annotated,
                defaultDraft7: draft == "draft7")
        }
    }

    static let files: [File] = [
        ("json-schema-2020-12", "draft2020-12"), ("json-schema-draft7", "draft7"),
    ].flatMap { (set: String, draft: String) -> [File] in
        guard let folder = VectorFolder.folder(set)?.appending(path: "tests/\(draft)").standardizedFileURL.path else {
            return []
        }
        return VectorFolder.files(set, endingWith: ".json").compactMap { url in
            let path = url.standardizedFileURL.path
            guard path.hasPrefix(folder + "/") else { return nil }
            return File(set: set, draft: draft, path: String(path.dropFirst(folder.count + 1)), url: url)
        }
    }

    /// The standard meta-schemas and the suite's own documents, at the addresses where its schemas look for them.
    static func registry(_ set: String) throws -> SchemaRegistry {
        var registry = try SchemaRegistry.standard
        guard let folder = VectorFolder.folder(set)?.appending(path: "remotes").standardizedFileURL.path else {
            return registry
        }
        let files = VectorFolder.files(set, endingWith: ".json").filter {
            $0.standardizedFileURL.path.hasPrefix(folder + "/")
        }
        // Meta-schemas first: what they describe is read by their rules.
        for url in files.sorted(by: {
            ($0.path.contains("metaschema") ? 0 : 1) < ($1.path.contains("metaschema") ? 0 : 1)
        }) {
            let path = String(url.standardizedFileURL.path.dropFirst(folder.count))
            try registry.register(
                try JSONDocument(parsing: try VectorFolder.bytes(of: url)), at: "http://localhost:1234" + path,
                defaultDraft7: path.hasPrefix("/draft7"))
        }
        return registry
    }

    @Test("agrees with every test", .enabled(if: VectorFolder.shouldRun("json-schema-2020-12")), arguments: files)
    func agrees(file: File) throws {
        let registry = try Self.registry(file.set)
        let groups = try JSONDocument(parsing: try VectorFolder.bytes(of: file.url)).root
        #expect(groups.count > 0)
        for group in groups.elements {
            let title = group["description"]?.string ?? ""
            let schemaBytes = JSON(try #require(group["schema"])).serialized()
            let schema: JSONSchema?
            let failure: (any Error)?
            do {
                schema = try JSONSchema(
                    compiling: JSONDocument(parsing: schemaBytes), registry: registry, options: file.options)
                failure = nil
            } catch {
                schema = nil
                failure = error
            }
            for test in try #require(group["tests"]).elements {
                let name = "\(file.draft)/\(file.path): \(title): \(test["description"]?.string ?? "")"
                let document = try JSONDocument(parsing: JSON(try #require(test["data"])).serialized())
                let isValid = test["valid"]?.bool == true
                // The shortened program, the schema as it is written, and the traced run: three ways, one answer.
                let verdicts = schema.map {
                    [
                        $0.accepts(document), $0.report(document).isEmpty,
                        $0.output(document, format: .flag).isValid, $0.output(document, format: .basic).isValid,
                    ]
                }
                #expect(
                    verdicts?.allSatisfy { $0 == isValid } == true, "\(name) \(failure.map { "\($0)" } ?? "")")
            }
        }
    }
}
