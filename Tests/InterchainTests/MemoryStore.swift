@testable import Interchain

/// A client's store in memory.
struct MemoryStore: ClientStore, Equatable {
    var content: [[UInt8]: [UInt8]] = [:]

    func value(_ key: [UInt8]) -> [UInt8]? { content[key] }
    mutating func set(_ key: [UInt8], _ value: [UInt8]) { content[key] = value }
    mutating func remove(_ key: [UInt8]) { content[key] = nil }

    /// The heights that have a state, as the store's own order has them.
    var heights: [ClientHeight] {
        get throws {
            var found: [ClientHeight] = []
            var place = try oldest()
            while let height = place {
                found.append(height)
                place = try entry(height).next
            }
            return found
        }
    }
}
