import Foundation
import Records
import Testing

struct GroupKeyFileTests {
    static func withFile(_ body: (URL) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "vivian-keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try GroupKeyFile.create(at: url, now: RecordIDTests.born)
        try body(url)
    }

    @Test func `a file is made once and is its owner's alone`() throws {
        try Self.withFile { url in
            #expect(throws: KeyFileFailure.self) { try GroupKeyFile.create(at: url, now: RecordIDTests.born) }
            let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `256 records share a group, and keys outlive the process`() throws {
        try Self.withFile { url in
            let file = try GroupKeyFile(opening: url)
            let first = try (0..<256).map { _ in try file.next() }
            #expect(Set(first.map(\.group)).count == 1)
            let next = try file.next()
            #expect(next.group == first[0].group + 1)
            let again = try GroupKeyFile(opening: url)
            #expect(again.key(of: first[0].group) == first[0].key)
            #expect(try again.next().group > next.group)
        }
    }

    @Test func `a destroyed key is in neither memory nor file`() throws {
        try Self.withFile { url in
            let file = try GroupKeyFile(opening: url)
            let slot = try file.next()
            file.release([slot.group])
            #expect(file.retire(slot.group))
            try file.destroy(slot.group)
            #expect(file.key(of: slot.group) == nil)
            let bytes = try Data(contentsOf: url)
            #expect(bytes.range(of: Data(slot.key)) == nil)
            #expect(try GroupKeyFile(opening: url).key(of: slot.group) == nil)
        }
    }

    @Test func `a group whose records are not stored yet is not given up`() throws {
        try Self.withFile { url in
            let file = try GroupKeyFile(opening: url)
            let slot = try file.next()
            #expect(!file.retire(slot.group))
            #expect(try file.next().group != slot.group)
            file.release([slot.group])
            #expect(file.retire(slot.group))
        }
    }

    @Test func `each tenant has a secret of its own, also past those that are kept`() throws {
        try Self.withFile { url in
            let file = try GroupKeyFile(opening: url)
            func ids() -> [[UInt8]] {
                (0..<100).map {
                    file.recordID(source: "epcis", stream: "tenant \($0)", key: [], canonical: Array("event".utf8))
                }
            }
            let first = ids()
            #expect(Set(first).count == 100)
            #expect(ids() == first)
        }
    }

    @Test func `record ids are keyed and tell their parts apart`() throws {
        try Self.withFile { url in
            let file = try GroupKeyFile(opening: url)
            func id(_ source: String, _ stream: String, _ key: String, _ text: String) -> [UInt8] {
                file.recordID(source: source, stream: stream, key: Array(key.utf8), canonical: Array(text.utf8))
            }
            #expect(id("epcis", "default", "", "event") == id("epcis", "default", "", "event"))
            #expect(id("epcis", "default", "", "event") != id("epcis", "default", "e", "vent"))
            #expect(id("epcis", "default", "", "event") != id("epcisd", "efault", "", "event"))
            #expect(
                try GroupKeyFile(opening: url).recordID(
                    source: "epcis", stream: "default", key: [], canonical: Array("event".utf8))
                    == id("epcis", "default", "", "event"))
            let other = url.appendingPathExtension("other")
            defer { try? FileManager.default.removeItem(at: other) }
            try GroupKeyFile.create(at: other, now: RecordIDTests.born)
            let secret = try GroupKeyFile(opening: other).recordID(
                source: "epcis", stream: "default", key: [], canonical: Array("event".utf8))
            #expect(secret != id("epcis", "default", "", "event"))
        }
    }

    @Test func `bytes that are no key file are refused`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "vivian-keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(throws: KeyFileFailure.self) { try GroupKeyFile(opening: url) }
        try Data("short".utf8).write(to: url)
        #expect(throws: KeyFileFailure.self) { try GroupKeyFile(opening: url) }
    }
}
