/// A pattern of JSON Schema: ECMA-262 §22.2 with the `u` flag, unanchored, compiled to a small program.
///
/// Matching is backtracking under a step budget. Most texts are decided by it at once; where the budget runs out, the
/// match starts again remembering which (instruction, place) pairs failed, which bounds it by their number: a hostile
/// pattern or text costs time in proportion to its size, not more. Patterns with back-references cannot be remembered
/// that way; they, and look-arounds over very long texts, end at a limit.
struct Pattern: Sendable {
    /// What a match says.
    enum Outcome: Sendable {
        case matched, unmatched
        /// The limit was reached before an answer.
        case undecided
    }

    /// One step of the program; places move forward, or backward within a look-behind.
    enum Instruction: Sendable {
        case scalar(UInt32, isBackward: Bool)
        case set(Int32, isBackward: Bool)
        /// Goes on at the first; at the second should that fail.
        case split(Int32, Int32)
        case jump(Int32)
        case start, end
        case wordBoundary(isNegated: Bool)
        /// The body stands right behind and ends with `accept`; goes on at `next`.
        case look(next: Int32, isNegated: Bool)
        /// Notes the place as a group's begin (even) or end (odd); only in programs with back-references.
        case save(Int32)
        case backreference(Int32, isBackward: Bool)
        case accept
    }

    /// Instructions of one pattern; `{m,n}` counts as many times as it repeats.
    static let instructionCountMax = 20_000

    let instructions: [Instruction]
    let sets: [PatternSet]
    /// Captured groups, if a back-reference needs them, else 0.
    let captureCount: Int
    /// Whether a match can only begin at the start of the text.
    let isAnchored: Bool

    init(_ pattern: String) throws(PatternFailure) {
        var parser = PatternParser(pattern)
        let tree = try parser.parse()
        var compiler = PatternCompiler(captureCount: parser.captureCount)
        isAnchored = PatternCompiler.isAnchored(tree)
        try compiler.compile(tree, isAnchored: isAnchored)
        instructions = compiler.instructions
        sets = compiler.sets
        captureCount = compiler.hasBackreferences ? parser.captureCount : 0
    }

    /// Whether the pattern occurs in a text.
    func matches(_ text: String) -> Outcome {
        var scratch = PatternScratch()
        let bytes = Array(text.utf8)
        return matches(bytes, in: 0..<bytes.count, scratch: &scratch)
    }
}

/// Turns a tree into instructions.
struct PatternCompiler {
    private(set) var instructions: [Pattern.Instruction] = []
    private(set) var sets: [PatternSet] = []
    private(set) var hasBackreferences = false
    private let captureCount: Int

    init(captureCount: Int) { self.captureCount = captureCount }

    mutating func compile(_ tree: PatternNode, isAnchored: Bool) throws(PatternFailure) {
        hasBackreferences = Self.hasBackreferences(tree)
        if !isAnchored {
            // Begin here, else one scalar further: `[^]*?` before the pattern.
            var all = PatternSet()
            all.negate()
            all.finish()
            sets.append(all)
            instructions += [.split(3, 1), .set(0, isBackward: false), .jump(0)]
        }
        try emit(tree, isBackward: false)
        instructions.append(.accept)
    }

    private mutating func add(_ instruction: Pattern.Instruction) throws(PatternFailure) {
        guard instructions.count < Pattern.instructionCountMax else { throw .tooLarge }
        instructions.append(instruction)
    }

    private var here: Int32 { Int32(instructions.count) }

    private mutating func emit(_ node: PatternNode, isBackward: Bool) throws(PatternFailure) {
        switch node {
        case .empty: break
        case .scalar(let scalar): try add(.scalar(scalar, isBackward: isBackward))
        case .set(let set):
            sets.append(set)
            try add(.set(Int32(sets.count - 1), isBackward: isBackward))
        case .start: try add(.start)
        case .end: try add(.end)
        case .wordBoundary(let isNegated): try add(.wordBoundary(isNegated: isNegated))
        case .group(let body, let capture):
            let saves = hasBackreferences ? capture : nil
            if let saves { try add(.save(Int32(2 * saves + (isBackward ? 1 : 0)))) }
            try emit(body, isBackward: isBackward)
            if let saves { try add(.save(Int32(2 * saves + (isBackward ? 0 : 1)))) }
        case .sequence(let items):
            for item in isBackward ? items.reversed() : items { try emit(item, isBackward: isBackward) }
        case .choice(let branches): try emitChoice(branches, isBackward: isBackward)
        case .repeated(let body, let min, let max, let isGreedy):
            try emitRepeat(body, min, max, isGreedy, isBackward: isBackward)
        case .look(let body, let isAhead, let isNegated):
            let at = instructions.count
            try add(.look(next: 0, isNegated: isNegated))
            try emit(body, isBackward: !isAhead)
            try add(.accept)
            instructions[at] = .look(next: here, isNegated: isNegated)
        case .backreference(let group): try add(.backreference(Int32(group), isBackward: isBackward))
        }
    }

    private mutating func emitChoice(_ branches: [PatternNode], isBackward: Bool) throws(PatternFailure) {
        var jumps: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try emit(branch, isBackward: isBackward)
                break
            }
            let split = instructions.count
            try add(.split(0, 0))
            try emit(branch, isBackward: isBackward)
            jumps.append(instructions.count)
            try add(.jump(0))
            instructions[split] = .split(Int32(split + 1), here)
        }
        for jump in jumps { instructions[jump] = .jump(here) }
    }

    private mutating func emitRepeat(
        _ body: PatternNode, _ min: Int, _ max: Int?, _ isGreedy: Bool, isBackward: Bool
    ) throws(PatternFailure) {
        for _ in 0..<min { try emit(body, isBackward: isBackward) }
        func split(_ inside: Int32, _ outside: Int32) -> Pattern.Instruction {
            isGreedy ? .split(inside, outside) : .split(outside, inside)
        }
        guard let max else {
            let loop = instructions.count
            try add(.split(0, 0))
            try emit(body, isBackward: isBackward)
            try add(.jump(Int32(loop)))
            instructions[loop] = split(Int32(loop + 1), here)
            return
        }
        var exits: [Int] = []
        for _ in min..<max {
            exits.append(instructions.count)
            try add(.split(0, 0))
            try emit(body, isBackward: isBackward)
        }
        for exit in exits { instructions[exit] = split(Int32(exit + 1), here) }
    }

    /// Whether every way through begins with `^`.
    static func isAnchored(_ node: PatternNode) -> Bool {
        switch node {
        case .start: true
        case .group(let body, _): isAnchored(body)
        case .sequence(let items): items.first.map(isAnchored) ?? false
        case .choice(let branches): branches.allSatisfy(isAnchored)
        default: false
        }
    }

    private static func hasBackreferences(_ node: PatternNode) -> Bool {
        switch node {
        case .backreference: true
        case .group(let body, _), .repeated(let body, _, _, _), .look(let body, _, _): hasBackreferences(body)
        case .sequence(let items), .choice(let items): items.contains(where: hasBackreferences)
        default: false
        }
    }
}
