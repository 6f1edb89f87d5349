import Cryptography
import Foundation
import Testing

@testable import Records

/// K_rid over years that are handed in.
struct RecordIDTests {
    static let day = RecordIDPolicy.day
    static let born: UInt64 = 1_800_000_000_000_000_000
    static let policy = RecordIDPolicy(horizonDays: 90)!

    static func days(_ count: UInt64) -> UInt64 { born + count * day }

    static func id(_ file: GroupKeyFile) -> [[UInt8]] {
        file.recordIDs(source: "epcis", stream: "default", key: [], canonical: Array("event".utf8))
    }

    /// A key file of the version before generations.
    static func withOldFile(_ body: (URL, _ secret: [UInt8], _ groupKey: [UInt8]) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "vivian-keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        let secret = (0..<32).map { UInt8($0 + 1) }
        let groupKey = (0..<32).map { UInt8($0 + 100) }
        let group = [0, 0, 0, 0, 0, 0, 0, 1] + groupKey
        try Data(Array("vivian/keys/1".utf8) + [0, 0, 0] + secret + group).write(to: url)
        try body(url, secret, groupKey)
    }

    @Test func `days that are no horizon are refused`() {
        for days in [0, -1, 3_651, .max, .min] { #expect(RecordIDPolicy(horizonDays: days) == nil) }
        #expect(RecordIDPolicy(horizonDays: 1) != nil && RecordIDPolicy(horizonDays: 3_650) != nil)
    }

    @Test func `a generation begins after a year and ends when its successor is as old as the horizon`() {
        var generations = [RecordIDGeneration(number: 1, createdAt: Self.born)]
        #expect(Self.policy.due(generations, at: Self.days(364)) == [])
        #expect(Self.policy.due(generations, at: 0) == [])
        let year = Self.days(365)
        #expect(Self.policy.due(generations, at: year) == [.begin(2), .end(1, at: Self.days(455))])
        generations.append(RecordIDGeneration(number: 2, createdAt: year))
        // A crash in between lost the note of the end.
        #expect(Self.policy.due(generations, at: year + 1) == [.end(1, at: Self.days(455))])
        generations[0].endsAt = Self.days(455)
        #expect(Self.policy.due(generations, at: Self.days(454)) == [])
        #expect(Self.policy.due(generations, at: Self.days(455)) == [.destroy(1)])
        generations[0].destroyedAt = Self.days(455)
        #expect(Self.policy.due(generations, at: Self.days(456)) == [])
        #expect(Self.policy.due(generations, at: .max).first == .begin(3))
    }

    @Test func `a horizon of several years keeps several generations`() {
        let policy = RecordIDPolicy(horizonDays: 1_000)!
        let generations = (0...3).map {
            RecordIDGeneration(number: $0 + 1, createdAt: Self.days(UInt64($0) * 365), endsAt: 1)
        }
        let steps = policy.due(generations, at: Self.days(1_400))
        #expect(steps == [.destroy(1), .end(2, at: Self.days(1_730)), .end(3, at: Self.days(2_095))])
    }

    @Test func `the newest generation is never destroyed, however old`() {
        let generations = [RecordIDGeneration(number: 1, createdAt: 1, endsAt: 2)]
        #expect(!Self.policy.due(generations, at: .max).contains(.destroy(1)))
    }

    @Test func `a rotation keeps the old id as an earlier one until the horizon, then destroys its secret`() throws {
        try GroupKeyFileTests.withFile { url in
            let secret = Array(try Data(contentsOf: url)[16..<48])
            let file = try GroupKeyFile(opening: url)
            let first = Self.id(file)
            #expect(first.count == 1)
            #expect(try file.maintain(Self.policy, now: Self.days(364)) == [])
            #expect(try file.maintain(Self.policy, now: Self.days(365)) == [.began(generation: 2)])
            let both = Self.id(file)
            #expect(both.count == 2 && both[1] == first[0] && both[0] != first[0])
            #expect(try Self.id(GroupKeyFile(opening: url)) == both)
            #expect(try file.maintain(Self.policy, now: Self.days(454)) == [])
            #expect(try file.maintain(Self.policy, now: Self.days(455)) == [.destroyed(generation: 1)])
            #expect(Self.id(file) == [both[0]])
            #expect(try Data(contentsOf: url).range(of: Data(secret)) == nil)
            let again = try GroupKeyFile(opening: url)
            #expect(Self.id(again) == [both[0]])
            #expect(
                again.recordIDGenerations == [
                    RecordIDGeneration(
                        number: 1, createdAt: Self.born, endsAt: Self.days(455), destroyedAt: Self.days(455)),
                    RecordIDGeneration(number: 2, createdAt: Self.days(365)),
                ])
            #expect(try again.maintain(Self.policy, now: Self.days(456)) == [])
        }
    }

    @Test func `ten years give ten generations, of which one or two live, and groups go on between them`() throws {
        try GroupKeyFileTests.withFile { url in
            var file = try GroupKeyFile(opening: url)
            var groups: [Int64: [UInt8]] = [:]
            var ids: [[UInt8]] = []
            for month in 0...120 {
                _ = try file.maintain(Self.policy, now: Self.days(UInt64(month) * 31))
                if month % 7 == 0 { file = try GroupKeyFile(opening: url) }
                let slot = try file.newGroup()
                #expect(groups.updateValue(slot.key, forKey: slot.group) == nil)
                let now = Self.id(file)
                #expect(1...2 ~= now.count)
                if ids.last != now[0] { ids.append(now[0]) }
            }
            #expect(Set(ids).count == ids.count && ids.count == file.recordIDGenerations.count)
            #expect(ids.count == 11)
            let again = try GroupKeyFile(opening: url)
            for (group, key) in groups { #expect(again.key(of: group) == key) }
        }
    }

    @Test func `no secret of a destroyed generation is left in the file`() throws {
        try GroupKeyFileTests.withFile { url in
            let file = try GroupKeyFile(opening: url)
            _ = try file.maintain(Self.policy, now: Self.days(365))
            let bytes = Array(try Data(contentsOf: url))
            let second = Array(bytes[96..<128])
            _ = try file.maintain(Self.policy, now: Self.days(730))
            #expect(try Data(contentsOf: url).range(of: Data(second)) != nil)
            _ = try file.maintain(Self.policy, now: Self.days(1_000))
            #expect(try Data(contentsOf: url).range(of: Data(second)) == nil)
        }
    }

    @Test func `a key file of the version before is generation 1, of which ids follow, with the same groups`() throws {
        try Self.withOldFile { url, secret, groupKey in
            #expect(
                try GroupKeyFile.recordIDGenerations(at: url) == [RecordIDGeneration(number: 1, createdAt: nil)])
            let file = try GroupKeyFile(opening: url)
            #expect(file.key(of: 1) == groupKey)
            let message: [UInt8] =
                [0, 0, 0, 5] + Array("epcis".utf8) + [0, 0, 0, 7] + Array("default".utf8) + [0, 0, 0, 0]
                + [0, 0, 0, 5] + Array("event".utf8)
            let own = HMACSHA256.authenticate(
                [Array("vivian/records/record-id-tenant/v1\0default".utf8)], key: secret)
            #expect(Self.id(file) == [HMACSHA256.authenticate([message], key: own.bytes).bytes])
            // Its age counts from the first start under this version.
            #expect(try file.maintain(Self.policy, now: Self.born) == [])
            #expect(
                try GroupKeyFile.recordIDGenerations(at: url)
                    == [RecordIDGeneration(number: 1, createdAt: Self.born)])
            #expect(try file.maintain(Self.policy, now: Self.days(365)) == [.began(generation: 2)])
            #expect(try file.maintain(Self.policy, now: Self.days(455)) == [.destroyed(generation: 1)])
            let again = try GroupKeyFile(opening: url)
            #expect(again.key(of: 1) == groupKey && Self.id(again).count == 1)
            #expect(try Data(contentsOf: url).range(of: Data(secret)) == nil)
            // A program of the version before must not take zeros for a secret.
            #expect(try Data(contentsOf: url).prefix(13) == Data("vivian/keys/2".utf8))
        }
    }

    @Test func `looking at the generations changes nothing`() throws {
        try Self.withOldFile { url, _, _ in
            let before = try Data(contentsOf: url)
            _ = try GroupKeyFile.recordIDGenerations(at: url)
            #expect(try Data(contentsOf: url) == before)
        }
    }

    @Test func `no generation begins while a record under the old one is not stored`() throws {
        try GroupKeyFileTests.withFile { url in
            let file = try GroupKeyFile(opening: url)
            let slot = try file.next()
            #expect(try file.maintain(Self.policy, now: Self.days(366)) == [.postponed])
            #expect(file.recordIDGenerations.count == 1)
            file.release([slot.group])
            #expect(try file.maintain(Self.policy, now: Self.days(366)) == [.began(generation: 2)])
        }
    }

    @Test(arguments: [1, 39, 40, 41, 79])
    func `a crash while a generation begins leaves the old one or the new one`(written: Int) throws {
        try GroupKeyFileTests.withFile { url in
            let file = try GroupKeyFile(opening: url)
            let before = Self.id(file)
            let size = try Data(contentsOf: url).count
            _ = try file.maintain(Self.policy, now: Self.days(365))
            let torn = try Data(contentsOf: url).prefix(size + written)
            try torn.write(to: url)
            let again = try GroupKeyFile(opening: url)
            #expect(Self.id(again).last == before[0])
            #expect(again.recordIDGenerations.count == (written < 40 ? 1 : 2))
            _ = try again.maintain(Self.policy, now: Self.days(366))
            _ = try again.next()
            let third = try GroupKeyFile(opening: url)
            #expect(Self.id(third) == Self.id(again) && Self.id(third).count == 2)
            #expect(third.recordIDGenerations.last?.createdAt == Self.days(366))
        }
    }

    @Test func `a crash between destroying a secret and noting it is mended`() throws {
        try GroupKeyFileTests.withFile { url in
            let file = try GroupKeyFile(opening: url)
            _ = try file.maintain(Self.policy, now: Self.days(365))
            var bytes = try Data(contentsOf: url)
            bytes.replaceSubrange(16..<48, with: Data(count: 32))
            try bytes.write(to: url)
            let again = try GroupKeyFile(opening: url)
            #expect(Self.id(again).count == 1)
            #expect(try again.maintain(Self.policy, now: Self.days(455)) == [.destroyed(generation: 1)])
            #expect(again.recordIDGenerations[0].destroyedAt == Self.days(455))
        }
    }

    @Test func `a file whose newest secret or a generation between is gone is refused`() throws {
        try GroupKeyFileTests.withFile { url in
            let good = try Data(contentsOf: url)
            var bytes = good
            bytes.replaceSubrange(16..<48, with: Data(count: 32))
            try bytes.write(to: url)
            #expect(throws: KeyFileFailure.self) { try GroupKeyFile(opening: url) }
            try (good + KeyFileSlot.recordIDSecret(3, [UInt8](repeating: 1, count: 32)).encoded).write(to: url)
            #expect(throws: KeyFileFailure.self) { try GroupKeyFile(opening: url) }
            // Dates alone are what a crash left.
            try (good + KeyFileSlot.dates(RecordIDGeneration(number: 2, createdAt: 1)).encoded).write(to: url)
            #expect(try GroupKeyFile(opening: url).recordIDGenerations.count == 1)
        }
    }

    @Test func `an operator hears of what is overdue, and of nothing else`() {
        let old = RecordIDGeneration(number: 1, createdAt: Self.born, endsAt: Self.days(455))
        var generations = [old, RecordIDGeneration(number: 2, createdAt: Self.days(365))]
        #expect(RecordIDGeneration.overdue(generations, at: Self.days(455)) == nil)
        #expect(RecordIDGeneration.overdue(generations, at: Self.days(457))?.contains("generation 1") == true)
        generations[0].destroyedAt = Self.days(455)
        #expect(RecordIDGeneration.overdue(generations, at: Self.days(457)) == nil)
        #expect(RecordIDGeneration.overdue(generations, at: Self.days(732))?.contains("older than a year") == true)
        #expect(RecordIDGeneration.overdue([RecordIDGeneration(number: 1, createdAt: nil)], at: .max) == nil)
        #expect(RecordIDGeneration.overdue(generations, at: 0) == nil)
    }
}
