import Codec
package import LedgerModel

/// Where one client keeps what it knows.
///
/// Keys are relative to the client.
///
/// | key | value |
/// |---|---|
/// | `clientState` | Any of ``ClientState`` (ICS-24) |
/// | `consensusStates/<revision>-<height>` | Any of ``ConsensusState`` (ICS-24) |
/// | `consensusStates/<revision>-<height>/neighbours` | {previous 1, next 2, processed time 3, processed height 4} |
/// | `oldest` | the lowest height that has a state |
///
/// The states hang together in the order of their heights, so that neighbours are found in a store that cannot be
/// searched by range.
package protocol ClientStore {
    func value(_ key: [UInt8]) -> [UInt8]?
    mutating func set(_ key: [UInt8], _ value: [UInt8])
    mutating func remove(_ key: [UInt8])
}

/// A client's part of the `ibc` store: `clients/<client id>/`.
package struct ClientPartition<State: StateAccess>: ClientStore {
    package var state: State
    private let prefix: [UInt8]

    package init(_ state: State, clientID: String) {
        self.state = state
        prefix = Array("clients/\(clientID)/".utf8)
    }

    package func value(_ key: [UInt8]) -> [UInt8]? { state.value(.ibc, prefix + key) }
    package mutating func set(_ key: [UInt8], _ value: [UInt8]) { state.set(.ibc, prefix + key, value) }
    package mutating func remove(_ key: [UInt8]) { state.remove(.ibc, prefix + key) }
}

/// Where a state stands among the client's states, and when it came.
struct ConsensusEntry: Hashable, Sendable, CanonicalMessage {
    var previous: ClientHeight?
    var next: ClientHeight?
    /// Our block time and height at which the state was taken over.
    var processedTime: Timestamp
    var processedHeight: UInt64

    init(processedTime: Timestamp, processedHeight: UInt64) {
        self.processedTime = processedTime
        self.processedHeight = processedHeight
    }

    init() { self.init(processedTime: Timestamp(), processedHeight: 0) }

    mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: previous = try ClientHeight(reading: field.bytes())
        case 2: next = try ClientHeight(reading: field.bytes())
        case 3: processedTime = try Timestamp(reading: field.bytes())
        case 4: processedHeight = try field.unsigned()
        default: throw .unknownField(field.number)
        }
    }

    func write(to writer: inout ProtobufWriter) {
        if let previous { writer.message(1, previous.protobuf) }
        if let next { writer.message(2, next.protobuf) }
        writer.message(3, processedTime.protobuf)
        writer.unsigned(4, processedHeight)
    }
}

extension ClientStore {
    func clientState() throws(ClientFailure) -> ClientState? {
        guard let any = try read(AnyMessage.self, "clientState") else { return nil }
        guard any.typeURL == ClientState.typeURL else { throw .corrupt(key: "clientState") }
        return try ClientState(decoding: any.value)
    }

    mutating func set(_ state: ClientState) { set(Array("clientState".utf8), state.asAny) }

    func consensusState(_ height: ClientHeight) throws(ClientFailure) -> ConsensusState? {
        let key = Self.key(height)
        guard let any = try read(AnyMessage.self, key) else { return nil }
        guard any.typeURL == ConsensusState.typeURL else { throw .corrupt(key: key) }
        return try ConsensusState(decoding: any.value)
    }

    func entry(_ height: ClientHeight) throws(ClientFailure) -> ConsensusEntry {
        let key = Self.entryKey(height)
        guard let entry = try read(ConsensusEntry.self, key) else { throw .corrupt(key: key) }
        return entry
    }

    func oldest() throws(ClientFailure) -> ClientHeight? { try read(ClientHeight.self, "oldest") }

    /// The stored heights around one that is not stored, looked for from a stored one below it.
    func neighbours(
        of height: ClientHeight, from lower: ClientHeight
    ) throws(ClientFailure) -> (previous: ClientHeight, next: ClientHeight?) {
        var previous = lower
        while let next = try entry(previous).next {
            guard next < height else { return (previous, next) }
            previous = next
        }
        return (previous, nil)
    }

    /// Adds the first state.
    mutating func begin(_ state: ConsensusState, at height: ClientHeight, _ entry: ConsensusEntry) {
        set(Array(Self.key(height).utf8), state.asAny)
        set(Array(Self.entryKey(height).utf8), entry.protobuf)
        set(Array("oldest".utf8), height.protobuf)
    }

    /// Adds a state above the stored one that is given.
    mutating func insert(
        _ state: ConsensusState, at height: ClientHeight, _ entry: ConsensusEntry, above lower: ClientHeight
    ) throws(ClientFailure) {
        let (previous, next) = try neighbours(of: height, from: lower)
        var entry = entry
        entry.previous = previous
        entry.next = next
        var before = try self.entry(previous)
        before.next = height
        if let next {
            var after = try self.entry(next)
            after.previous = height
            set(Array(Self.entryKey(next).utf8), after.protobuf)
        }
        set(Array(Self.entryKey(previous).utf8), before.protobuf)
        set(Array(Self.key(height).utf8), state.asAny)
        set(Array(Self.entryKey(height).utf8), entry.protobuf)
    }

    /// Forgets the oldest state, unless it is the only one.
    mutating func removeOldest() throws(ClientFailure) {
        guard let oldest = try oldest(), let next = try entry(oldest).next else { return }
        var after = try entry(next)
        after.previous = nil
        set(Array(Self.entryKey(next).utf8), after.protobuf)
        set(Array("oldest".utf8), next.protobuf)
        remove(Array(Self.key(oldest).utf8))
        remove(Array(Self.entryKey(oldest).utf8))
    }

    static func key(_ height: ClientHeight) -> String { "consensusStates/\(height)" }
    private static func entryKey(_ height: ClientHeight) -> String { "consensusStates/\(height)/neighbours" }

    private func read<Value: CanonicalMessage>(_: Value.Type, _ key: String) throws(ClientFailure) -> Value? {
        guard let bytes = value(Array(key.utf8)) else { return nil }
        do throws(LedgerModelFailure) { return try Value(canonical: bytes) } catch { throw .corrupt(key: key) }
    }
}
