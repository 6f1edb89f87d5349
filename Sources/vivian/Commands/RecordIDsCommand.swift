import ArgumentParser
import Codec
import LedgerModel
import Records

extension KeysCommand {
    /// `vivian keys record-ids`.
    struct RecordIDs: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "record-ids",
            abstract: "List the generations of the secret for record ids, without the secrets.",
            discussion: """
                The newest makes the ids of new records. Older ones only recognise events that are handed in again, \
                until they are destroyed.
                """)
        @OptionGroup var data: DataOptions

        func run() throws {
            for generation in try GroupKeyFile.recordIDGenerations(at: data.folder.recordKeysFile) {
                if data.json {
                    Output.json(RecordIDText.json(generation))
                } else {
                    Output.line(RecordIDText.line(generation))
                }
            }
        }
    }
}

/// Generations of the secret for record ids, in words.
enum RecordIDText {
    static func time(_ nanoseconds: UInt64) -> String { Timestamp(nanosecondsSince1970: nanoseconds).rfc3339 }

    static func line(_ generation: RecordIDGeneration) -> String {
        let begun = generation.createdAt.map { "begun \(time($0))" } ?? "begun before the first start"
        let end =
            generation.destroyedAt.map { ", destroyed \(time($0))" }
            ?? generation.endsAt.map { ", to be destroyed \(time($0))" } ?? ", in use"
        return "generation \(generation.number)  \(begun)\(end)"
    }

    static func json(_ generation: RecordIDGeneration) -> JSON {
        func date(_ value: UInt64?) -> JSON { value.map { .string(time($0)) } ?? .null }
        return [
            "generation": .number(String(generation.number)), "begun": date(generation.createdAt),
            "ends": date(generation.endsAt), "destroyed": date(generation.destroyedAt),
        ]
    }

    /// One line for all.
    static func summary(_ generations: [RecordIDGeneration]) -> String {
        "secret for record ids: " + generations.map(line).joined(separator: "; ")
    }
}
