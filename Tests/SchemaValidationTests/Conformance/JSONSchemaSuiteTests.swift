import Codec
import Foundation
import TestSupport
import Testing

@testable import SchemaValidation

/// The JSON Schema Test Suite: each file of each draft is one case, each of its tests is checked.
@Suite("JSON Schema Test Suite")
struct JSONSchemaSuiteTests {
    private static let content = "contentEncoding and contentMediaType are annotations, as 2020-12 has them"
    private static let bidirectional = "Swift's standard library knows no bidirectional classes"
    private static let joining = "Swift's standard library knows no joining types"
    private static let canonical = "a label's Punycode is not encoded again"

    /// Tests that are not met, by draft, file and description, each with its reason.
    static let notMet: [String: String] = [
        "draft2020-12/optional/format/hostname.json: validation of A-label (punycode) host names: "
            + "ZERO WIDTH NON-JOINER not preceded by Virama but matches regexp": joining,
        "draft7/optional/format/hostname.json: validation of A-label (punycode) host names: "
            + "ZERO WIDTH NON-JOINER not preceded by Virama but matches regexp": joining,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "A-label that decodes to a Bidi rule violation is invalid": bidirectional,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "Bidi domain name with a digit-first label is invalid": bidirectional,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "ZERO WIDTH NON-JOINER not preceded by Virama but matches regexp": joining,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "label starting with a digit before a right-to-left letter is invalid": bidirectional,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "left-to-right label containing a right-to-left letter is invalid": bidirectional,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "non-canonical Punycode that does not re-encode to itself is invalid": canonical,
        "draft2020-12/optional/format/idn-hostname.json: validation of internationalized host names: "
            + "right-to-left label mixing both digit types is invalid": bidirectional,
        "draft7/optional/content.json: validation of binary string-encoding: "
            + "an invalid base64 string (% is not a valid character)": content,
        "draft7/optional/content.json: validation of binary-encoded media type documents: "
            + "a validly-encoded invalid JSON document": content,
        "draft7/optional/content.json: validation of binary-encoded media type documents: "
            + "an invalid base64 string that is valid JSON": content,
        "draft7/optional/content.json: validation of string-encoded content based on media type: "
            + "an invalid JSON document": content,
    ]

    struct File: Sendable, CustomTestStringConvertible {
        let set: String
        let draft: String
        /// Below the draft's folder.
        let path: String
        let url: URL
        var testDescription: String { "\(draft)/\(path)" }
        var isOptional: Bool { path.hasPrefix("optional/") }
        var isFormat: Bool { path.hasPrefix("optional/format/") }
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
                    compiling: JSONDocument(parsing: schemaBytes), registry: registry,
                    formats: file.isOptional && file.path != "optional/format-annotation.json" && file.isFormat
                        ? .asserted : .annotated, defaultDraft7: file.draft == "draft7")
                failure = nil
            } catch {
                schema = nil
                failure = error
            }
            for test in try #require(group["tests"]).elements {
                let name = "\(file.draft)/\(file.path): \(title): \(test["description"]?.string ?? "")"
                let document = try JSONDocument(parsing: JSON(try #require(test["data"])).serialized())
                let isValid = test["valid"]?.bool == true
                let isMet = schema.map { $0.accepts(document) == isValid && $0.validate(document).isEmpty == isValid }
                if Self.notMet[name] != nil {
                    #expect(isMet != true, "listed as not met, but it is: \(name)")
                } else {
                    #expect(isMet == true, "\(name) \(failure.map { "\($0)" } ?? "")")
                }
            }
        }
    }
}
