import Cryptography
import TestSupport
import Testing

@testable import VectorIndex

/// Columns that copies share against arrays that they do not.
struct EntryColumnsTests {
    private static let dimension = 5

    private static func entry(_ number: Int) -> VectorEntry {
        VectorEntry(
            id: UInt64(number), subject: Subject(kind: UInt16(number), id: SHA256.hash([UInt8(number & 255)])),
            label: EntryLabel(tag: UInt32(number), owner: 7), vector: (0..<dimension).map { Int8(number % 100 + $0) })
    }

    private static func columns(_ numbers: some Sequence<Int>) -> EntryColumns {
        var columns = EntryColumns(dimension: dimension)
        for number in numbers { columns.append(entry(number), leaf: SHA256.hash([1, UInt8(number & 255)])) }
        return columns
    }

    private static func expect(
        _ columns: EntryColumns, _ numbers: [Int], _ location: SourceLocation = #_sourceLocation
    ) {
        let entries = numbers.map(entry)
        #expect(columns.count == numbers.count, sourceLocation: location)
        #expect(columns.ids.elements() == entries.map(\.id), sourceLocation: location)
        #expect(columns.labels.elements() == entries.map(\.label), sourceLocation: location)
        #expect(columns.subjects.elements() == entries.map(\.subject), sourceLocation: location)
        #expect(columns.vectors.elements() == entries.flatMap(\.vector), sourceLocation: location)
        #expect(
            columns.leaves.elements() == numbers.map { SHA256.hash([1, UInt8($0 & 255)]) }, sourceLocation: location)
    }

    @Test func `what is appended is read in its order`() {
        Self.expect(Self.columns([]), [])
        Self.expect(Self.columns(0..<192), Array(0..<192))
    }

    @Test func `copies that append do not see each other`() {
        for count in [0, 1, 15, 16, 17] {
            let first = Self.columns(0..<count)
            var second = first
            var third = first
            second.append(Self.entry(100), leaf: SHA256.hash([1, 100]))
            third.append(Self.entry(101), leaf: SHA256.hash([1, 101]))
            var fourth = second
            second.append(Self.entry(102), leaf: SHA256.hash([1, 102]))
            fourth.append(Self.entry(103), leaf: SHA256.hash([1, 103]))
            Self.expect(first, Array(0..<count))
            Self.expect(second, Array(0..<count) + [100, 102])
            Self.expect(third, Array(0..<count) + [101])
            Self.expect(fourth, Array(0..<count) + [100, 103])
        }
    }

    @Test func `an append in place moves nothing`() {
        var columns = Self.columns(0..<17)
        let before = columns
        columns.append(Self.entry(17), leaf: .zero)
        #expect(columns.vectorsAddress == before.vectorsAddress && columns.idsAddress == before.idsAddress)
        Self.expect(before, Array(0..<17))
    }

    @Test func `a removal leaves copies alone`() {
        let before = Self.columns(0..<20)
        var columns = before
        columns.removeBySwap(3)
        Self.expect(before, Array(0..<20))
        Self.expect(columns, [0, 1, 2, 19] + (4..<19))
        // The last entry goes without a copy; what comes in its place must not be seen by who still holds it.
        var shorter = before
        shorter.removeBySwap(19)
        shorter.append(Self.entry(50), leaf: SHA256.hash([1, 50]))
        Self.expect(shorter, Array(0..<19) + [50])
        Self.expect(before, Array(0..<20))
        columns.removeAll()
        Self.expect(columns, [])
        Self.expect(before, Array(0..<20))
    }

    @Test func `the last holder uses its memory again`() {
        var columns = Self.columns(0..<20)
        let address = columns.idsAddress
        columns.removeBySwap(0)
        columns.append(Self.entry(60), leaf: SHA256.hash([1, 60]))
        #expect(columns.idsAddress == address)
        Self.expect(columns, [19] + (1..<19) + [60])
    }

    @Test func `random histories of many copies are those of arrays`() {
        var random = SeededGenerator(seed: 5)
        var copies: [(columns: EntryColumns, numbers: [Int])] = [(Self.columns([]), [])]
        for step in 0..<1_000 {
            let index = Int.random(in: copies.indices, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: copies.append(copies[index])
            case 1 where copies.count > 1: copies.remove(at: index)
            case 2 where !copies[index].numbers.isEmpty:
                let place = Int.random(in: copies[index].numbers.indices, using: &random)
                copies[index].columns.removeBySwap(place)
                copies[index].numbers.swapAt(place, copies[index].numbers.count - 1)
                copies[index].numbers.removeLast()
            case 3...:
                copies[index].columns.append(Self.entry(step), leaf: SHA256.hash([1, UInt8(step & 255)]))
                copies[index].numbers.append(step)
            default: break
            }
        }
        for copy in copies { Self.expect(copy.columns, copy.numbers) }
    }

    @Test func `copies may append at once`() async {
        let start = Self.columns(0..<3)
        await withTaskGroup(of: (Int, EntryColumns).self) { group in
            for writer in 1...8 {
                group.addTask {
                    var columns = start
                    for number in 0..<60 {
                        let name = 1_000 * writer + number
                        columns.append(Self.entry(name), leaf: SHA256.hash([1, UInt8(name & 255)]))
                    }
                    return (writer, columns)
                }
            }
            for await (writer, columns) in group {
                Self.expect(columns, [0, 1, 2] + (0..<60).map { 1_000 * writer + $0 })
            }
        }
        Self.expect(start, [0, 1, 2])
    }
}
