import Codec
import Cryptography

/// What the registry keeps of one version: store `registry`, key `entry/` kind (u16) id (32 bytes) version (u64) =
/// deterministic CBOR [bstr publisher (32), tstr name, then the members of `RegistryCard`, uint height, uint block time in ns
/// since 1970, withdrawal: [] or [uint reason, uint height, uint time]].
///
/// A version that was withdrawn keeps digest, licence and edges; title, text and measures are empty.
package struct RegistryEntry: Hashable, Sendable {
    package struct Withdrawal: Hashable, Sendable {
        package var reason: UInt64
        package var height: Height
        package var time: Timestamp

        package init(reason: UInt64, height: Height, time: Timestamp) {
            self.reason = reason
            self.height = height
            self.time = time
        }
    }

    package var publisher: AccountID
    package var name: RegistryName
    package var card: RegistryCard
    package var height: Height
    package var time: Timestamp
    package var withdrawal: Withdrawal?

    package init(
        publisher: AccountID, name: RegistryName, card: RegistryCard, height: Height, time: Timestamp,
        withdrawal: Withdrawal? = nil
    ) {
        self.publisher = publisher
        self.name = name
        self.card = card
        self.height = height
        self.time = time
        self.withdrawal = withdrawal
    }

    package func encoded() -> [UInt8] {
        let end = withdrawal.map { withdrawal in
            [
                CBOR.unsigned(withdrawal.reason), .unsigned(withdrawal.height.value),
                .unsigned(withdrawal.time.unsignedNanosecondsSince1970),
            ]
        }
        return CBOR.array(
            [.bytes(publisher.bytes), .text(name.text)] + card.cbor + [
                .unsigned(height.value), .unsigned(time.unsignedNanosecondsSince1970), .array(end ?? []),
            ]
        ).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 11,
            let publisher = items[0].bytes.flatMap({ AccountID($0) }),
            let name = items[1].text.flatMap({ RegistryName($0) }), let card = RegistryCard(cbor: items[2..<8]),
            let height = items[8].unsigned, let time = items[9].unsigned, let end = items[10].array
        else { throw .invalid("registry/entry") }
        var withdrawal: Withdrawal?
        if !end.isEmpty {
            guard end.count == 3, let reason = end[0].unsigned, let height = end[1].unsigned,
                let time = end[2].unsigned
            else { throw .invalid("registry/entry: withdrawal") }
            withdrawal = Withdrawal(
                reason: reason, height: Height(height), time: Timestamp(nanosecondsSince1970: time))
        }
        self.init(
            publisher: publisher, name: name, card: card, height: Height(height),
            time: Timestamp(nanosecondsSince1970: time), withdrawal: withdrawal)
    }
}

/// Where the registry's values stand: store `registry`.
///
/// Versions of a subject are gapless from 1, and so are the subjects of a kind and the uses of a version from 0: whoever has the
/// count and everything below it has them all.
package enum RegistryKeys {
    /// The ledger's own account in the index of vectors; no key belongs to it, so nobody else can write there.
    package static let ledgerAccount = AccountID(SHA256.hash(Array(DomainSeparation.registryIndex.utf8)))
    /// The collection that the ledger keeps of what is published, under this name of its account.
    package static let collection: CollectionName = {
        guard let name = CollectionName("registry") else { preconditionFailure("a name as any other") }
        return name
    }()

    package static func entry(_ version: RegistryVersion) -> [UInt8] { key("entry/", version) }

    /// `newest/` kind, id = u64: the newest version.
    package static func newest(_ subject: VectorSubject) -> [UInt8] {
        Array("newest/".utf8) + subject.kind.bigEndianBytes + subject.id.bytes
    }

    /// `subjects/` kind = u64: how many subjects of a kind were published.
    package static func subjectCount(_ kind: RegistryKind) -> [UInt8] {
        Array("subjects/".utf8) + kind.rawValue.bigEndianBytes
    }

    /// `subject/` kind, u64 from 0 = id (32 bytes): subjects in the order in which their first version was published.
    package static func subject(_ kind: RegistryKind, _ index: UInt64) -> [UInt8] {
        Array("subject/".utf8) + kind.rawValue.bigEndianBytes + index.bigEndianBytes
    }

    /// `uses/` kind, id, version = u64: how many published versions name this one in their edges.
    package static func useCount(_ version: RegistryVersion) -> [UInt8] { key("uses/", version) }

    /// `use/` kind, id, version, u64 from 0 = CBOR [relation, kind, id, version] of who names it.
    package static func use(_ version: RegistryVersion, _ index: UInt64) -> [UInt8] {
        key("use/", version) + index.bigEndianBytes
    }

    private static func key(_ path: String, _ version: RegistryVersion) -> [UInt8] {
        Array(path.utf8) + version.subject.kind.bigEndianBytes + version.subject.id.bytes
            + version.number.bigEndianBytes
    }

    /// The number that a value says; 0 where there is none.
    package static func number(_ value: [UInt8]?) -> UInt64 {
        value.flatMap { $0.count == 8 ? $0.reduce(0) { $0 << 8 | UInt64($1) } : nil } ?? 0
    }
}
