import ArgumentParser
import Codec
import Foundation
import GatewayClient
import Records

/// `vivian schema`.
struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Register schemas, and check documents by them.",
        discussion: """
            A schema is a JSON Schema (draft 2020-12 or draft-07) or an XML Schema. Its versions count from 1; each is \
            pinned on the ledger by the SHA-256 of its bytes, with id and media type for everybody to see. What a schema \
            refers to is in it or registered before; nothing is ever fetched. Ids that begin with vivian- are bundled.

            A new version must fit the newest one by the schema's compatibility:
              backward  what was written by the old one is read by the new one (for a new schema)
              forward   what is written by the new one is read by the old one
              full      both
              none      nothing is compared; XML Schemas that differ ask for it

            For example:
              vivian schema register orders orders.schema.json
              vivian schema check orders orders-next.schema.json
              vivian capture --schema orders events.jsonld
              vivian schema show orders --json
              vivian state get schema/registered/ACCOUNT/orders/1 --prove > orders.proof.json
            """,
        subcommands: [Register.self, List.self, Show.self, Check.self, Validate.self])

    /// Reads ID or ID:VERSION.
    static func reference(_ text: String?) throws -> SchemaReference? {
        guard let text else { return nil }
        guard let reference = SchemaReference(text) else {
            throw ValidationError(
                "\(text) is not ID or ID:VERSION; an id is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit")
        }
        return reference
    }

    static func path(_ text: String, _ rest: String = "") throws -> String {
        guard let reference = try reference(text) else { return "" }
        return "/schemas/\(reference.id)/versions/\(reference.version.map { String($0) } ?? "latest")\(rest)"
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register the next version of a schema.",
            discussion: """
                An XML Schema of several documents is given by all its files, the one to begin with first; they refer to \
                each other by their names. The same file again is the same version.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "The schema's id.") var id: String
        @Argument(help: "The schema, or the documents of an XML Schema.") var files: [String]
        @Option(help: "none, backward, forward or full; it becomes the schema's rule.") var compatibility: String?
        @Flag(inversion: .prefixedNo, help: "Wait until it is on the ledger.") var wait = true

        func run() async throws {
            let schema = try SchemaFiles(files)
            let rule = try SchemaCommand.rule(compatibility)
            let id = try SchemaCommand.plainID(id)
            let view = try await client.withClient { gateway in
                var view: JSON
                do throws(GatewayFailure) {
                    view = try await gateway.json(
                        "POST", "/schemas?id=\(id)" + (rule.map { "&compatibility=\($0)" } ?? ""),
                        headers: [("content-type", schema.mediaType)], body: schema.bytes)
                } catch {
                    if error.problem?.name == "incompatible-schema" {
                        Output.note("another rule is chosen with --compatibility none|backward|forward|full")
                    }
                    throw error
                }
                let deadline = ContinuousClock.now + .seconds(120)
                let version = view["version"]?.string ?? "latest"
                while wait, view["state"]?.string == "pending", ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(20))
                    view = try await gateway.json("GET", "/schemas/\(id)/versions/\(version)")
                }
                return view
            }
            client.json ? Output.json(view) : SchemaCommand.print(view)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List schemas with their newest versions, the bundled ones among them.")
        @OptionGroup var client: ClientOptions

        func run() async throws {
            let answer = try await client.withClient { try await $0.json("GET", "/schemas") }
            if client.json { return Output.json(answer) }
            for schema in answer["schemas"]?.items ?? [] {
                let name = "\(schema["id"]?.string ?? ""):\(schema["version"]?.string ?? "")"
                let state = schema["state"]?.string ?? ""
                Output.line(
                    name.padding(toLength: max(40, name.count), withPad: " ", startingAt: 0) + "  "
                        + state.padding(toLength: 8, withPad: " ", startingAt: 0) + "  "
                        + (schema["mediaType"]?.string ?? ""))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a version and where it stands on the ledger, or fetch its bytes.",
            discussion: "The path that it names is what `vivian state get PATH --prove` takes.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "ID or ID:VERSION; the newest version if none is named.") var schema: String
        @Flag(help: "Print the schema itself.") var document = false

        func run() async throws {
            let path = try SchemaCommand.path(schema, document ? "/document" : "")
            let reply = try await client.withClient { try await $0.send("GET", path) }
            if document { return Output.bytes(reply.body) }
            let view = JSON(try JSONDocument(parsing: reply.body).root)
            client.json ? Output.json(view) : SchemaCommand.print(view)
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a schema may follow the newest version; nothing is registered.",
            discussion: """
                A finding names the keyword that may refuse, and means "refuses, or not shown to accept". Exit code 1 if \
                there is one.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "The schema's id.") var id: String
        @Argument(help: "The candidate, or the documents of an XML Schema.") var files: [String]
        @Option(help: "none, backward, forward or full; the schema's own rule if left out.") var compatibility: String?

        func run() async throws {
            let schema = try SchemaFiles(files)
            let rule = try SchemaCommand.rule(compatibility)
            let id = try SchemaCommand.plainID(id)
            let answer = try await client.withClient {
                try await $0.json(
                    "POST", "/schemas/\(id)/compatibility" + (rule.map { "?compatibility=\($0)" } ?? ""),
                    headers: [("content-type", schema.mediaType)], body: schema.bytes)
            }
            if client.json {
                Output.json(answer)
            } else {
                let what = "\(answer["compatibility"]?.string ?? "") with version \(answer["version"]?.string ?? "")"
                Output.line((answer["compatible"]?.isTrue == true ? "compatible: " : "not compatible: ") + what)
                for finding in answer["findings"]?.items ?? [] {
                    Output.line("  \(finding["pointer"]?.string ?? ""): \(finding["message"]?.string ?? "")")
                }
            }
            if answer["compatible"]?.isTrue != true { throw ExitCode(1) }
        }
    }

    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a document by a schema; nothing is stored.",
            discussion: """
                With --json the answer is the standard output of JSON Schema 2020-12 (section 12.4). Exit code 1 if the \
                document breaks the schema.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "ID or ID:VERSION; the newest version if none is named.") var schema: String
        @Argument(help: "The document.") var file: String
        @Option(help: "flag or basic.") var output = "basic"

        func run() async throws {
            guard ["flag", "basic"].contains(output) else { throw ValidationError("--output is flag or basic") }
            let bytes = try FileInput.bytes(file)
            let path = try SchemaCommand.path(schema, "/validation?output=\(output)")
            let answer = try await client.withClient {
                try await $0.json(
                    "POST", path, headers: [("content-type", GatewayConnection.mediaType(of: bytes))], body: bytes)
            }
            let isValid = answer["valid"]?.isTrue == true
            if client.json {
                Output.json(answer)
            } else {
                Output.line(isValid ? "valid" : "not valid")
                for error in answer["errors"]?.items ?? [] {
                    Output.line("  \(error["instanceLocation"]?.string ?? ""): \(error["error"]?.string ?? "")")
                }
            }
            if !isValid { throw ExitCode(1) }
        }
    }

    private static func plainID(_ text: String) throws -> String {
        guard SchemaReference.isID(text) else {
            throw ValidationError("an id is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit")
        }
        return text
    }

    private static func rule(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard CompatibilityRule(rawValue: text) != nil else {
            throw ValidationError("--compatibility is none, backward, forward or full")
        }
        return text
    }

    private static func print(_ view: JSON) {
        func line(_ label: String, _ text: String?) {
            guard let text else { return }
            Output.line(label.padding(toLength: 14, withPad: " ", startingAt: 0) + text)
        }
        line("schema", "\(view["id"]?.string ?? ""):\(view["version"]?.string ?? "")")
        line("state", view["state"]?.string)
        line("media type", view["mediaType"]?.string)
        line("SHA-256", view["digest"]?.string)
        line("compatibility", view["compatibility"]?.string)
        line("registered by", view["registeredBy"]?.string)
        line("registered at", view["registeredAt"]?.string)
        line("height", view["ledger"]?["height"]?.string)
        line("state path", view["ledger"]?["path"]?.string)
    }
}

/// A schema from files: one as it is, several as the documents of one XML Schema.
struct SchemaFiles {
    let bytes: [UInt8]
    let mediaType: String

    init(_ files: [String]) throws {
        guard let first = files.first else { throw ValidationError("a file is wanted") }
        let main = try FileInput.bytes(first)
        let isXML = GatewayConnection.mediaType(of: main) == "application/xml"
        guard files.count > 1 else {
            bytes = main
            mediaType = isXML ? "application/xml" : "application/schema+json"
            return
        }
        guard isXML else {
            throw ValidationError("several files make an XML Schema; register JSON Schemas one by one")
        }
        var documents: [String: [UInt8]] = [:]
        for file in files {
            let name = URL(fileURLWithPath: file).lastPathComponent
            guard documents.updateValue(try FileInput.bytes(file), forKey: name) == nil else {
                throw ValidationError("two files are named \(name)")
            }
        }
        bytes = XMLSchemaSet.encode(files: documents, main: URL(fileURLWithPath: first).lastPathComponent)
        mediaType = XMLSchemaSet.mediaType
    }
}
