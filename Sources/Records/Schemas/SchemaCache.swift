import Synchronization

/// Compiled schemas by their rows, the last used ones.
///
/// A registered version never changes, so nothing is ever outdated. At the limits the one that was not used for longest
/// goes.
final class SchemaCache: Sendable {
    /// Schemas held at a time.
    static let countMax = 64
    /// Bytes of their sources together; compiled they take some ten times as much.
    static let byteCountMax = 16 << 20

    private struct Entry {
        var schema: CompiledSchema
        var byteCount: Int
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var byteCount = 0
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())

    func schema(_ row: Int64) -> CompiledSchema? {
        state.withLock { state in
            state.uses += 1
            state.entries[row]?.lastUse = state.uses
            return state.entries[row]?.schema
        }
    }

    func keep(_ schema: CompiledSchema, row: Int64, byteCount: Int) {
        guard byteCount <= Self.byteCountMax else { return }
        state.withLock { state in
            state.uses += 1
            let old = state.entries.updateValue(
                Entry(schema: schema, byteCount: byteCount, lastUse: state.uses), forKey: row)
            state.byteCount += byteCount - (old?.byteCount ?? 0)
            while state.entries.count > Self.countMax || state.byteCount > Self.byteCountMax {
                guard let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { break }
                state.entries[oldest.key] = nil
                state.byteCount -= oldest.value.byteCount
            }
        }
    }

    var count: Int { state.withLock { $0.entries.count } }
}
