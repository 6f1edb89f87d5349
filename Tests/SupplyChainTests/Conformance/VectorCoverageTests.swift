import Foundation
import TestSupport
import Testing

/// No document or expectation of the event hash set lies there without a test that reads it.
@Suite(.enabled(if: VectorFolder.shouldRun("epcis-hash")))
struct VectorCoverageTests {
    /// Documents whose hashes follow from each other, and files that are no documents.
    static let others = ["expected_equal", "gs1-WithEventHashID"]
    static let noDocuments: Set = ["identifier-normalisation.json", "epcis-context-2.0.0.jsonld"]
    /// Expectations without a document: the set's publisher has it so.
    static let alone: Set = ["epcisDocHavingTooManyUserExtensions.prehashes"]
    static let endings = ["xml", "json", "jsonld"]

    static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }

    @Test func `every document has published hashes`() {
        let files = endings().filter { file in
            !Self.noDocuments.contains(file.lastPathComponent)
                && !Self.others.contains(file.deletingLastPathComponent().lastPathComponent)
        }
        #expect(!files.isEmpty)
        for file in files {
            let hashes = file.deletingPathExtension().appendingPathExtension("hashes")
            #expect(Self.exists(hashes), "\(file.path)")
        }
    }

    @Test func `every list of hashes has its document`() {
        let lists = [".hashes", ".prehashes"].flatMap { VectorFolder.files("epcis-hash", endingWith: $0) }
        #expect(!lists.isEmpty)
        for list in lists where !Self.alone.contains(list.lastPathComponent) {
            let isThere = Self.endings.contains { ending in
                Self.exists(list.deletingPathExtension().appendingPathExtension(ending))
            }
            #expect(isThere, "\(list.path)")
        }
    }

    private func endings() -> [URL] {
        Self.endings.flatMap { VectorFolder.files("epcis-hash", endingWith: ".\($0)") }
    }
}
