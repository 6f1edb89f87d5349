import Cryptography
import Foundation
import TestSupport
import Testing

@testable import VectorIndex

/// A second implementation in Python (`EndToEndTests/Peers/vector_model.py`) goes through the same random histories: the
/// same root after every block, and the same answers.
@Suite(.enabled(if: Model.shouldRun, "there is no Python"))
struct ModelTests {
    @Test(
        arguments: [
            (Metric.dot, 24, 1), (.squaredL2, 13, 2), (.cosine, 32, 3), (.squaredL2, 5, 4), (.dot, 600, 5),
            (.squaredL2, 6, 6),
        ] as [(Metric, Int, UInt64)])
    func `roots and answers are those of the model`(metric: Metric, dimension: Int, seed: UInt64) throws {
        var history = try History(metric: metric, dimension: dimension, seed: seed)
        // The last one is long enough for supers and for lists at their bound to be split.
        let isLong = seed == 6
        for block in 0..<(isLong ? 90 : dimension > 100 ? 8 : 40) {
            try history.block(block, subjects: isLong ? 6_000 : 900)
        }
        #expect(!isLong || history.ledger.collection.superCount > 1 && history.wasFull)
        let said = try Model.answers(history.commands)
        #expect(said.count == history.expected.count)
        for (index, pair) in zip(said, history.expected).enumerated() {
            #expect(pair.0 == pair.1, "answer \(index)")
            if pair.0 != pair.1 { break }
        }
        #expect(history.ledger.failedInvariant() == nil)
    }
}

/// A random history: what the index does, and the commands that say it to the model.
struct History {
    var ledger: Ledger
    var random: SeededGenerator
    var commands: [String]
    var expected: [String] = []
    /// Whether an insert split a list that was at its bound.
    var wasFull = false
    let centres: [[Int8]]
    let dimension: Int

    init(metric: Metric, dimension: Int, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Twice what the components reach on average, so that cosine takes all.
        let scale = metric == .cosine ? 8 : 7
        ledger = try Ledger(metric: metric, dimension: dimension, scale: scale)
        let parameters = ledger.collection.parameters
        commands = [
            "create \(metric.rawValue) \(dimension) \(scale) \(parameters.countMax) \(parameters.normMax) \(Ledger.owner)"
        ]
        centres = (0..<9).map { _ in random.vector(dimension, spread: 70) }
        self.random = random
        self.dimension = dimension
    }

    private mutating func vector() -> [Int8] {
        random.vector(dimension, around: centres[Int.random(in: 0..<9, using: &random)], spread: 40)
    }

    private static func text(_ vector: [Int8]) -> String { vector.map { "\($0)" }.joined(separator: " ") }

    mutating func block(_ number: Int, subjects: Int) throws {
        // Some blocks pile the same vector up, so that a list fills before it is settled.
        let isPile = number % 10 == 4
        let listCount = ledger.collection.listCount
        for _ in 0..<(isPile && subjects > 1_000 ? 260 : 60) {
            let subject = Ledger.subject(Int.random(in: 0..<subjects, using: &random))
            let vector = isPile ? centres[0] : vector()
            guard (try? ledger.collection.parameters.admit(vector)) != nil else { continue }
            if ledger.plain[subject] != nil {
                guard number % 10 > 6 || Int.random(in: 0..<4, using: &random) == 0 else { continue }
                try ledger.delete(subject)
                commands.append("delete \(subject.kind) \(subject.id)")
                continue
            }
            guard number % 10 < 8 else { continue }
            let tag = UInt32.random(in: 0..<3, using: &random)
            let owner = Bool.random(using: &random) ? Ledger.owner : Ledger.other
            try ledger.insert(subject, vector, tag: tag, owner: owner)
            commands.append("insert \(subject.kind) \(subject.id) \(tag) \(owner) \(Self.text(vector))")
        }
        wasFull = wasFull || listCount > 0 && ledger.collection.listCount > listCount
        let budget = isPile ? 0 : Int.random(in: 0...4, using: &random)
        ledger.commit(settling: budget)
        commands += ["settle \(budget)", "commit"]
        expected.append(ledger.collection.head.root.hex)
        for _ in 0..<3 { try search() }
    }

    private mutating func search() throws {
        var query = SearchQuery(vector(), mode: .exact, limit: Int.random(in: 1...12, using: &random))
        guard (try? ledger.collection.parameters.admit(query.vector)) != nil else { return }
        var mode = "exact"
        if Int.random(in: 0..<5, using: &random) > 0 {
            let probes = SearchQuery.Probes(
                supers: Int.random(in: 1...3, using: &random), lists: Int.random(in: 1...6, using: &random),
                finalists: Int.random(in: 5...40, using: &random))
            query.mode = .approximate(probes)
            mode = "\(probes.supers),\(probes.lists),\(probes.finalists)"
        }
        if Int.random(in: 0..<3, using: &random) == 0 { query.tag = UInt32.random(in: 0..<4, using: &random) }
        if Int.random(in: 0..<3, using: &random) == 0 {
            query.owner = [Ledger.owner, Ledger.other, Ledger.subject(0).id].randomElement(using: &random)
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            query.distanceMax = Int32.random(in: -9_000...40_000, using: &random)
        }
        func text<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "-" }
        commands.append(
            "search \(mode) \(query.limit) \(text(query.distanceMax)) \(text(query.tag)) \(text(query.owner)) "
                + Self.text(query.vector))
        var cost = VectorCost()
        let answer = try ledger.collection.search(query, state: ledger.state, cost: &cost)
        expected.append(
            answer.isEmpty ? "none" : answer.map { "\($0.id):\($0.distance)" }.joined(separator: " "))
    }
}

enum Model {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// The Python of `deploy/bootstrap`, else the system's: the model needs no package.
    private static let python: String = {
        let own = tests.deletingLastPathComponent().appending(path: ".build-python/bin/python3").path
        return FileManager.default.fileExists(atPath: own) ? own : "/usr/bin/python3"
    }()

    static let shouldRun = VectorFolder.isRequired || FileManager.default.isExecutableFile(atPath: python)

    /// What the model says to commands, a line each.
    static func answers(_ commands: [String]) throws -> [String] {
        let script = FileManager.default.temporaryDirectory.appending(path: "vivian-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: script) }
        try Data((commands.joined(separator: "\n") + "\n").utf8).write(to: script)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-B", tests.appending(path: "EndToEndTests/Peers/vector_model.py").path]
        process.standardInput = try FileHandle(forReadingFrom: script)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
