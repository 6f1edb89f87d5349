import ArgumentParser
import Codec
import Cryptography
import LedgerModel

/// What a command line calls a subject of the registry: KIND:NAME, KIND:ACCOUNT/NAME or KIND:ID, each with @VERSION or
/// without.
struct RegistryPlace {
    let kind: RegistryKind
    let subject: VectorSubject
    /// Nil means the newest one.
    let version: UInt64?
    /// The name, where it is the data folder's own.
    let ownName: RegistryName?
    /// As it was written, for what is said of it.
    private let written: String

    static let spelling =
        "KIND:NAME of the data folder's account, KIND:ACCOUNT/NAME or KIND:ID, with @VERSION for another than the newest; "
        + "kinds are model, dataset and statement"

    init(_ text: String, _ folder: DataFolder) throws {
        written = text
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        version = try parts.count == 2 ? Self.version(parts[1], text) : nil
        let halves = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, let kind = RegistryKind(name: halves[0]) else {
            throw ValidationError("\(text) is not \(Self.spelling)")
        }
        self.kind = kind
        if let id = Hex.decode(halves[1]).flatMap({ Digest($0) }) {
            (subject, ownName) = (VectorSubject(kind: kind.rawValue, id: id), nil)
            return
        }
        let pieces = halves[1].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let publisher = pieces.count == 2 ? Hex.decode(pieces[0]).flatMap { AccountID($0) } : nil
        guard let name = RegistryName(publisher == nil ? halves[1] : pieces[1]) else {
            throw ValidationError(
                "\(text) is not \(Self.spelling); a name has segments of a-z 0-9 . _ - between single slashes")
        }
        subject = name.subject(kind, of: try publisher ?? OwnTransaction(folder).account)
        ownName = publisher == nil ? name : nil
    }

    private static func version(_ text: String, _ whole: String) throws -> UInt64 {
        guard let number = UInt64(text), number > 0, String(number) == text else {
            throw ValidationError("\(whole): a version is a whole number from 1")
        }
        return number
    }

    /// The version that is meant, and what the registry has of it.
    func entry(from source: some RegistrySource) async throws -> (version: RegistryVersion, entry: RegistryEntry) {
        var number = version
        if number == nil { number = RegistryKeys.number(try await source.value(RegistryKeys.newest(subject))) }
        let version = RegistryVersion(subject: subject, number: number ?? 0)
        guard version.number > 0, let entry = try await source.entry(version) else {
            let newest = RegistryKeys.number(try? await source.value(RegistryKeys.newest(subject)))
            let advice =
                newest > 0
                ? "the newest is \(newest)" : "publish it first, or name another account's as KIND:ACCOUNT/NAME"
            throw CommandFailure("the registry has no such version of \(written); \(advice)")
        }
        return (version, entry)
    }

    /// A name for people, with which a command finds the version again.
    static func text(_ version: RegistryVersion, _ entry: RegistryEntry?) -> String {
        let kind = RegistryKind(rawValue: version.subject.kind)?.name ?? String(version.subject.kind)
        let name = entry.map { "\($0.publisher.hex)/\($0.name.text)" } ?? version.subject.id.hex
        return "\(kind):\(name)@\(version.number)"
    }
}

extension AccountID {
    fileprivate var hex: String { Hex.encode(bytes) }
}
