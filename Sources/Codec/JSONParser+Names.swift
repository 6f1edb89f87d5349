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
        var hasEscapes = false
        for place in first..<names.count where entries[names[place]].hasEscapes { hasEscapes = true }
        if hasEscapes {
            try checkSorted(names[first...].map { ($0, content($0)[...]) })
        } else if count > Self.pairwiseMax {
            try checkSorted(names[first...].map { ($0, source[Int(entries[$0].start)..<Int(entries[$0].end)]) })
        } else {
            try checkPairs(from: first)
        }
    }

    /// Compares each name with those before it: lengths, then bytes.
    private func checkPairs(from first: Int) throws(JSONFailure) {
        for later in first &+ 1..<names.count {
            let name = entries[names[later]]
            let byteCount = name.end &- name.start
            for earlier in first..<later {
                let other = entries[names[earlier]]
                guard other.end &- other.start == byteCount else { continue }
                if isSameText(Int(name.start), Int(other.start), Int(byteCount)) { throw duplicate(names[later]) }
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

    private func isSameText(_ first: Int, _ second: Int, _ count: Int) -> Bool {
        // Both lie within the text.
        for place in 0..<count where unsafe bytes[first &+ place] != bytes[second &+ place] { return false }
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
