import TestSupport
import Testing

@testable import NodeEngine

/// Elements in order, however they came and went.
struct OrderedRunsTests {
    @Test(arguments: [UInt64(1), 2, 3]) func `random changes follow a sorted array`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var runs = OrderedRuns<Int>()
        var model: [Int] = []
        for step in 0..<6_000 {
            let element = Int.random(in: 0..<2_000, using: &random)
            let isKnown = model.contains(element)
            // Grows first, shrinks later.
            if !isKnown, step < 3_500 || Bool.random(using: &random) {
                runs.insert(element)
                model.insert(element, at: model.firstIndex { $0 > element } ?? model.count)
            } else {
                runs.remove(element)
                model.removeAll { $0 == element }
            }
            #expect(runs.count == model.count && runs.first == model.first && runs.last == model.last)
            let probe = Int.random(in: -1...2_000, using: &random)
            #expect(runs.next(after: probe) == model.first { $0 > probe })
            #expect(runs.first(atOrAbove: probe) == model.first { $0 >= probe })
            #expect(runs.previous(before: probe) == model.last { $0 < probe })
            if step % 500 == 0 { #expect(Array(runs) == model) }
        }
    }

    @Test func `none has nothing`() {
        var runs = OrderedRuns<Int>()
        runs.remove(1)
        #expect(runs.isEmpty && runs.first == nil && runs.next(after: 1) == nil && runs.previous(before: 1) == nil)
        #expect(Array(runs).isEmpty)
    }
}
