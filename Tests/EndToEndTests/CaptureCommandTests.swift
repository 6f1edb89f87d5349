import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("vivian capture: many files, interrupted and resumed", .serialized)
    struct CaptureCommandTests {
        /// Documents of one event each, as files.
        static func files(_ count: Int, below folder: URL) throws -> [String] {
            try (0..<count).map { index in
                let file = folder.appending(path: "\(index).jsonld")
                try Data(Samples.document("file\(index)")).write(to: file)
                return file.path
            }
        }

        @Test("Interrupted with ctrl-C and run again, it makes each record once")
        func resumes() throws {
            let node = try RunningNode.started()
            let files = try Self.files(120, below: node.folder)
            let output = node.folder.appending(path: "records")
            let process = Process()
            // Whoever runs the tests in the background hands down a ctrl-C that is ignored.
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                ["--default-signal=INT", Tool.vivian, "capture", "--json", "--data", node.data.path] + files
            process.standardOutput = try Tool.handle(output)
            process.standardError = FileHandle.nullDevice
            try process.run()
            try node.wait("some records") { try String(contentsOf: output, encoding: .utf8).count > 1_000 }
            process.interrupt()
            process.waitUntilExit()
            let first = try Self.ids(String(contentsOf: output, encoding: .utf8))
            #expect(!first.isEmpty && first.count < files.count && process.terminationStatus != 0)
            let again = try Tool.run(Tool.vivian, ["capture", "--json", "--data", node.data.path] + files)
            #expect(again.status == 0, "\(again.errors)")
            let ids = try Self.ids(again.text)
            #expect(ids.count == files.count && Array(ids.prefix(first.count)) == first)
            #expect(try node.logSize() == files.count + 1)
            #expect(again.errors.isEmpty)
        }

        /// Record ids of whole lines.
        static func ids(_ text: String) throws -> [String] {
            try text.split(separator: "\n").filter { $0.hasSuffix("}") }.compactMap {
                JSON(try JSONDocument(parsing: Array($0.utf8)).root)["recordId"]?.string
            }
        }

        @Test("A bar shows the progress on a terminal, and nowhere else")
        func bar() throws {
            let node = try RunningNode.started()
            let files = try Self.files(4, below: node.folder)
            let arguments = [Tool.vivian, "capture", "--data", node.data.path] + files
            let script = Tool.package.appending(path: "Tests/EndToEndTests/Peers/terminal.py").path
            let shown = try Tool.run(Tool.python, [script] + arguments)
            #expect(shown.status == 0)
            // Standard error was a terminal, standard output a file.
            for bar in ["[                        ] 0/4", "[######                  ] 1/4", "] 3/4"] {
                #expect(shown.errors.contains(bar), "\(shown.errors)")
            }
            #expect(shown.text.split(separator: "\n").count == 4 && !shown.text.contains("["))
            let piped = try Tool.run(arguments[0], Array(arguments.dropFirst()))
            #expect(piped.status == 0 && piped.errors.isEmpty && piped.text == shown.text)
        }

        @Test("The file that is refused is named, and those before it are taken")
        func refusal() throws {
            let node = try RunningNode.started()
            let files = try Self.files(2, below: node.folder)
            let bad = node.folder.appending(path: "bad.jsonld")
            try Data(#"{"type": "EPCISDocument", "type": "twice"}"#.utf8).write(to: bad)
            let result = try node.vivian("capture", files[0], bad.path, files[1])
            #expect(result.status == 2)
            #expect(result.errors.contains("bad.jsonld") && result.errors.contains("given twice"), "\(result.errors)")
            try node.wait("one record") { try node.logSize() == 2 }
        }
    }
}
