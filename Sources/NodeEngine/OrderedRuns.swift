/// Elements in rising order, in runs of bounded length.
///
/// - Complexity: an insertion or removal moves at most one run and the list of runs: with 20,000 elements a few hundred
///   places, whichever they are.
struct OrderedRuns<Element: Comparable & Sendable>: Sendable {
    /// Length at which a run is cut in two.
    static var runMax: Int { 128 }

    /// None is empty.
    private var runs: [[Element]] = []
    private(set) var count = 0

    var isEmpty: Bool { runs.isEmpty }
    var first: Element? { runs.first?.first }
    var last: Element? { runs.last?.last }

    /// Puts in an element that is not there yet.
    mutating func insert(_ element: Element) {
        count += 1
        guard !runs.isEmpty else { return runs.append([element]) }
        let run = Swift.min(firstRun(endingAtOrAfter: element), runs.count - 1)
        runs[run].insert(element, at: Self.offset(of: element, in: runs[run]))
        guard runs[run].count > Self.runMax else { return }
        let half = runs[run].count / 2
        runs.insert(Array(runs[run][half...]), at: run + 1)
        runs[run].removeSubrange(half...)
    }

    /// Takes out an element, if it is there.
    mutating func remove(_ element: Element) {
        let run = firstRun(endingAtOrAfter: element)
        guard run < runs.count else { return }
        let offset = Self.offset(of: element, in: runs[run])
        guard runs[run][offset] == element else { return }
        count -= 1
        if runs[run].count == 1 { runs.remove(at: run) } else { runs[run].remove(at: offset) }
    }

    /// The least element that is not below one.
    func first(atOrAbove element: Element) -> Element? {
        let run = firstRun(endingAtOrAfter: element)
        return run < runs.count ? runs[run][Self.offset(of: element, in: runs[run])] : nil
    }

    /// The least element above one.
    func next(after element: Element) -> Element? {
        let run = firstRun(endingAtOrAfter: element)
        guard run < runs.count else { return nil }
        var offset = Self.offset(of: element, in: runs[run])
        if runs[run][offset] == element { offset += 1 }
        if offset < runs[run].count { return runs[run][offset] }
        return run + 1 < runs.count ? runs[run + 1][0] : nil
    }

    /// The greatest element below one.
    func previous(before element: Element) -> Element? {
        let run = firstRun(endingAtOrAfter: element)
        guard run < runs.count else { return last }
        let offset = Self.offset(of: element, in: runs[run])
        if offset > 0 { return runs[run][offset - 1] }
        return run > 0 ? runs[run - 1].last : nil
    }

    private func firstRun(endingAtOrAfter element: Element) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle][runs[middle].count - 1] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func offset(of element: Element, in run: [Element]) -> Int {
        var (low, high) = (0, run.count)
        while low < high {
            let middle = (low + high) / 2
            if run[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension OrderedRuns: Sequence {
    /// Walks the elements in rising order.
    struct Iterator: IteratorProtocol {
        fileprivate let runs: [[Element]]
        private var run = 0
        private var offset = 0

        fileprivate init(runs: [[Element]]) { self.runs = runs }

        mutating func next() -> Element? {
            guard run < runs.count else { return nil }
            defer {
                offset += 1
                if offset == runs[run].count { (run, offset) = (run + 1, 0) }
            }
            return runs[run][offset]
        }
    }

    func makeIterator() -> Iterator { Iterator(runs: runs) }
    var underestimatedCount: Int { count }
}
