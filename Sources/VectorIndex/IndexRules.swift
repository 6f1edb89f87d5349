/// The numbers that the index is built by (D21: another set is another version).
package enum IndexRules {
    /// The version that parameters carry.
    package static let version: UInt8 = 1
    /// Entries of a chunk, the unit that an insert hashes.
    package static let chunk = 16
    /// Chunks of so many entries.
    static func chunks(_ count: Int) -> Int { (count + chunk - 1) / chunk }
    /// A list above this waits for a split: twice what half of it and its neighbours hold on average.
    package static let listTarget = 96
    /// No list is longer: the insert that would exceed it splits it at once.
    package static let listMax = 192
    /// A list below this waits to be merged into its neighbours.
    package static let listMin = 8
    /// Lists under one super, at most, of that many supers; one more splits it.
    ///
    /// Few while there are few supers, so that a super-centroid stays near to what is under it; more of them than a
    /// quarter of the supers would let the table of supers outgrow what is under those that are probed.
    static func fanOut(supers: Int) -> Int { max(24, min(fanOutMax, supers / 4)) }
    /// No more under one super, however many there are.
    package static let fanOutMax = 256
    /// Supers that an insert looks under: with one alone, vectors near a border land far from their neighbours.
    package static let insertSupers = 16
    /// Steps of 2-means; later ones move few entries.
    package static let meansSteps = 4
    /// A half smaller than this part of a list is lopsided: the list is cut at its median instead.
    package static let lopsidedPart = 8
    /// Lists beside a split whose entries may move.
    package static let neighbours = 8
    /// Entries for which a split finds the nearest list of all anew.
    package static let reroutedMax = 64
    /// Vectors of a collection, at most; it bounds the supers.
    package static let countMax = 4 << 20
    /// Supers, at most: with lists of `listMin` and fan-outs of a half no more can come from `countMax` vectors' inserts.
    package static let superMax = 16_384
    /// What a split computes at most, with that many supers.
    ///
    /// Seeds, steps and sides of both cuts; the entries of halves and neighbours against their candidates; routes of the
    /// halves, of the entries that are looked at anew and of the lists that are given to other supers.
    package static func splitDistances(supers: Int) -> Int {
        let fanOut = fanOut(supers: supers + 1)
        let route = supers + 1 + insertSupers * fanOut
        let cuts = (listMax + fanOut + 1) * (2 * meansSteps + 3)
        let moves = listMax * (neighbours + 3) + neighbours * listMax * 3
        return cuts + moves + route * (3 + reroutedMax) + (fanOut + 3) * (supers + 2)
    }
}
