/// Names given twice.
extension JSONParser {
    /// Above this many members names are sorted rather than compared in pairs.
    private static let pairwiseMax = 16

    /// Refuses an object, whose names begin at `first` in `names`, where two are equal after unescaping.
    ///
    /// - Complexity: n log n in names, whatever the names are.
    func checkNames(from first: Int) throws(JSONFailure) {
        let count = names.count - first
        guard count > 1 else { return }
        let own = names[first...]
        if own.contains(where: { entries[$0].hasEscapes }) {
            try checkSorted(own.map { ($0, content($0)[...]) })
        } else if count > Self.pairwiseMax {
            try checkSorted(own.map { ($0, source[Int(entries[$0].start)..<Int(entries[$0].end)]) })
        } else {
            for later in own.indices.dropFirst() {
                for earlier in own.startIndex..<later where isSameText(own[earlier], own[later]) {
                    throw duplicate(own[later])
                }
            }
        }
    }

    private func checkSorted(_ names: [(index: Int, text: ArraySlice<UInt8>)]) throws(JSONFailure) {
        let sorted = names.sorted { first, second in
            if first.text.count != second.text.count { return first.text.count < second.text.count }
            return first.text.lexicographicallyPrecedes(second.text)
        }
        for (first, second) in zip(sorted, sorted.dropFirst()) where first.text == second.text {
            throw duplicate(max(first.index, second.index))
        }
    }

    private func isSameText(_ first: Int, _ second: Int) -> Bool {
        let left = entries[first]
        let right = entries[second]
        guard left.end - left.start == right.end - right.start else { return false }
        var position = Int(left.start)
        var other = Int(right.start)
        while position < Int(left.end) {
            guard source[position] == source[other] else { return false }
            position += 1
            other += 1
        }
        return true
    }

    private func content(_ index: Int) -> [UInt8] {
        JSONText.unescaped(source[Int(entries[index].start)..<Int(entries[index].end)])
    }

    private func duplicate(_ index: Int) -> JSONFailure {
        refused(
            .duplicateName(String(decoding: content(index), as: UTF8.self)), at: Int(entries[index].start) - 1)
    }
}
