/// Memory that matches share, so that a match allocates nothing once warm.
struct PatternScratch: Sendable {
    /// Where to go on should the present way fail.
    fileprivate var stack: [PatternState] = []
    /// Group places that were overwritten, to be set back when a way fails.
    fileprivate var captures: [Int32] = []
}

private struct PatternState {
    /// The instruction; or, negative, the group place ~n to set back to `place`.
    var instruction: Int32
    var place: Int32
}

extension Pattern {
    /// Steps of one match in all; some tens of milliseconds.
    private static let stepCountMax = 4_000_000
    /// (instruction, place) pairs that are remembered at most: 16 MB of bits.
    private static let pairCountMax = 128 << 20

    /// Whether the pattern occurs in a range of UTF-8 text.
    func matches(_ text: [UInt8], in range: Range<Int>, scratch: inout PatternScratch) -> Outcome {
        decide(text, in: range, scratch: &scratch).outcome
    }

    /// The same, and how many steps it took: at most ``stepCountMax(_:)`` of them.
    func decide(
        _ text: [UInt8], in range: Range<Int>, scratch: inout PatternScratch
    ) -> (outcome: Outcome, stepCount: Int) {
        let quick = captureCount > 0 ? Self.stepCountMax : 64 + 16 * range.count
        var run = PatternRun(pattern: self, text: text, range: range, stepsLeft: quick)
        swap(&run.scratch, &scratch)
        defer { swap(&run.scratch, &scratch) }
        let first = run.outcome(remembers: false)
        let taken = quick - run.stepsLeft
        guard case .undecided = first, captureCount == 0,
            (range.count + 1) * instructions.count <= Self.pairCountMax
        else { return (first, taken) }
        let careful = Self.stepCountMax + 2 * (range.count + 1) * instructions.count
        run.stepsLeft = careful
        let second = run.outcome(remembers: true)
        return (second, taken + careful - run.stepsLeft)
    }

    /// The most steps that a match of a text of so many bytes takes: it rises in proportion to the text.
    func stepCountMax(_ byteCount: Int) -> Int {
        captureCount > 0
            ? Self.stepCountMax
            : 64 + 16 * byteCount + Self.stepCountMax + 2 * (byteCount + 1) * instructions.count
    }
}

/// One match of one pattern.
private struct PatternRun {
    let pattern: Pattern
    let text: [UInt8]
    let range: Range<Int>
    var stepsLeft: Int
    var scratch = PatternScratch()

    mutating func outcome(remembers: Bool) -> Pattern.Outcome {
        scratch.stack.removeAll(keepingCapacity: true)
        scratch.captures.removeAll(keepingCapacity: true)
        if pattern.captureCount > 0 {
            scratch.captures.append(contentsOf: repeatElement(-1, count: 2 * pattern.captureCount + 2))
        }
        guard let isMatch = run(from: 0, at: Int32(range.lowerBound), remembers: remembers) else { return .undecided }
        return isMatch ? .matched : .unmatched
    }

    /// Runs from an instruction until `accept`; nil when the steps are used up.
    private mutating func run(from first: Int32, at start: Int32, remembers: Bool) -> Bool? {
        let base = scratch.stack.count
        // A look-around's body is remembered by itself: a place where it failed says nothing about its next start.
        var visited: [UInt64] = []
        let width = range.count + 1
        if remembers {
            visited = [UInt64](repeating: 0, count: (pattern.instructions.count * width + 63) / 64)
            stepsLeft -= visited.count
        }
        var instruction = first
        var place = start

        /// Takes the latest open way; false where there is none.
        func backtrack(_ stack: inout [PatternState], _ captures: inout [Int32]) -> Bool {
            while stack.count > base {
                let state = stack.removeLast()
                if state.instruction < 0 {
                    captures[Int(~state.instruction)] = state.place
                } else {
                    instruction = state.instruction
                    place = state.place
                    return true
                }
            }
            return false
        }

        while true {
            stepsLeft -= 1
            guard stepsLeft > 0 else {
                scratch.stack.removeSubrange(base...)
                return nil
            }
            var goesOn = true
            switch pattern.instructions[Int(instruction)] {
            case .scalar(let scalar, let isBackward):
                goesOn = step(&place, isBackward: isBackward) { $0 == scalar }
                instruction += 1
            case .set(let set, let isBackward):
                goesOn = step(&place, isBackward: isBackward) { pattern.sets[Int(set)].contains($0) }
                instruction += 1
            case .split(let now, let later):
                if remembers {
                    let bit = Int(instruction) * width + Int(place) - range.lowerBound
                    if visited[bit >> 6] >> UInt64(bit & 63) & 1 != 0 {
                        goesOn = false
                        break
                    }
                    visited[bit >> 6] |= 1 << UInt64(bit & 63)
                }
                scratch.stack.append(PatternState(instruction: later, place: place))
                instruction = now
            case .jump(let target): instruction = target
            case .start:
                goesOn = Int(place) == range.lowerBound
                instruction += 1
            case .end:
                goesOn = Int(place) == range.upperBound
                instruction += 1
            case .wordBoundary(let isNegated):
                goesOn = (isWord(before: Int(place)) != isWord(at: Int(place))) != isNegated
                instruction += 1
            case .look(let next, let isNegated):
                let saved = scratch.captures
                guard let isMatch = run(from: instruction + 1, at: place, remembers: remembers) else { return nil }
                if !isMatch || isNegated { scratch.captures = saved }
                goesOn = isMatch != isNegated
                instruction = next
            case .save(let slot):
                scratch.stack.append(PatternState(instruction: ~slot, place: scratch.captures[Int(slot)]))
                scratch.captures[Int(slot)] = place
                instruction += 1
            case .backreference(let group, let isBackward):
                goesOn = repeats(Int(group), &place, isBackward: isBackward)
                instruction += 1
            case .accept:
                scratch.stack.removeSubrange(base...)
                return true
            }
            if !goesOn, !backtrack(&scratch.stack, &scratch.captures) { return false }
        }
    }

    /// Moves over one scalar that passes the test.
    private func step(_ place: inout Int32, isBackward: Bool, _ test: (UInt32) -> Bool) -> Bool {
        var index = Int(place)
        if isBackward {
            guard index > range.lowerBound else { return false }
            index -= 1
            while index > range.lowerBound, text[index] & 0xc0 == 0x80 { index -= 1 }
            guard test(scalar(at: index).value) else { return false }
            place = Int32(index)
            return true
        }
        guard index < range.upperBound else { return false }
        let byte = text[index]
        if byte < 0x80 {
            guard test(UInt32(byte)) else { return false }
            place += 1
            return true
        }
        let (value, count) = scalar(at: index)
        guard test(value) else { return false }
        place += Int32(count)
        return true
    }

    /// The scalar that begins at an index of checked UTF-8.
    private func scalar(at index: Int) -> (value: UInt32, count: Int) {
        let first = UInt32(text[index])
        func next(_ offset: Int) -> UInt32 {
            index + offset < range.upperBound ? UInt32(text[index + offset]) & 0x3f : 0
        }
        switch first {
        case 0..<0x80: return (first, 1)
        case 0x80..<0xe0: return ((first & 0x1f) << 6 | next(1), 2)
        case 0xe0..<0xf0: return ((first & 0x0f) << 12 | next(1) << 6 | next(2), 3)
        default: return ((first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
        }
    }

    private func isWord(at index: Int) -> Bool {
        guard range.contains(index) else { return false }
        let byte = text[index]
        return byte == 0x5f || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & ~0x20)
    }

    private func isWord(before index: Int) -> Bool { isWord(at: index - 1) }

    /// Whether the text goes on with what a group holds; a group without a match holds nothing.
    private func repeats(_ group: Int, _ place: inout Int32, isBackward: Bool) -> Bool {
        let (from, to) = (scratch.captures[2 * group], scratch.captures[2 * group + 1])
        guard from >= 0, to >= from else { return true }
        let count = to - from
        let start = isBackward ? place - count : place
        guard start >= range.lowerBound, start + count <= range.upperBound else { return false }
        for offset in 0..<count where text[Int(from + offset)] != text[Int(start + offset)] { return false }
        place = isBackward ? start : start + count
        return true
    }
}
