package import Codec
package import Cryptography
import Proofs

/// Reads members of a bundle, each in its one spelling: base64 as an encoder writes it, 64-bit integers as decimal text,
/// lower-case hex; no other members (bundles.md, "Spelling").
package struct BundleReader {
    static let charactersMax = 4_096

    let node: JSONNode
    let what: String

    /// - Throws: where the value is no object, or has a member that is not in the list.
    package init(_ node: JSONNode, _ what: String, members: Set<String>) throws(LedgerModelFailure) {
        guard node.kind == .object else { throw .invalid("\(what): not an object") }
        for member in node.members where !members.contains(where: { member.name.utf8.elementsEqual($0.utf8) }) {
            throw .invalid("\(what): unknown member \(member.name)")
        }
        self.node = node
        self.what = what
    }

    package func has(_ name: String) -> Bool { node[name] != nil }

    func member(_ name: String) throws(LedgerModelFailure) -> JSONNode {
        guard let member = node[name] else { throw .invalid("\(what): \(name) is missing") }
        return member
    }

    /// Text of 1 to 4,096 characters.
    package func text(_ name: String) throws(LedgerModelFailure) -> String {
        guard let text = try member(name).string else { throw .invalid("\(what): \(name) is no text") }
        guard 1...Self.charactersMax ~= text.unicodeScalars.count else {
            throw .invalid("\(what): \(name) is empty or too long")
        }
        return text
    }

    package func bytes(_ name: String) throws(LedgerModelFailure) -> [UInt8] {
        try Self.bytes(try member(name), "\(what): \(name)")
    }

    static func bytes(_ node: JSONNode, _ what: String) throws(LedgerModelFailure) -> [UInt8] {
        guard let bytes = node.string.flatMap(Base64.decode) else { throw .invalid("\(what) is no base64") }
        return bytes
    }

    package func digest(hex name: String) throws(LedgerModelFailure) -> Digest {
        guard let digest = Hex.decode(try text(name)).flatMap({ Digest($0) }) else {
            throw .invalid("\(what): \(name) is not 32 bytes in lower-case hex")
        }
        return digest
    }

    /// A decimal number below 2^64, `0` or without leading zeros.
    package func number(_ name: String) throws(LedgerModelFailure) -> UInt64 {
        let text = try text(name)
        guard let value = UInt64(text), String(value).utf8.elementsEqual(text.utf8) else {
            throw .invalid("\(what): \(name) is no decimal number")
        }
        return value
    }

    /// A list with at least one item.
    func items(_ name: String, max: Int) throws(LedgerModelFailure) -> [JSONNode] {
        let list = try possiblyEmpty(name, max: max)
        guard !list.isEmpty else { throw .invalid("\(what): \(name) is empty") }
        return list
    }

    package func possiblyEmpty(_ name: String, max: Int) throws(LedgerModelFailure) -> [JSONNode] {
        let list = try member(name)
        guard list.kind == .array else { throw .invalid("\(what): \(name) is no list") }
        guard list.count <= max else { throw .invalid("\(what): \(name) has more than \(max) items") }
        return Array(list.elements)
    }
}

extension StateEntry {
    static let members: Set<String> = ["stateHeight", "store", "key", "value", "merkleProof"]

    /// An entry within a bundle, or the entry's members of a state proof.
    init(_ reader: BundleReader) throws(LedgerModelFailure) {
        let height = try reader.number("stateHeight")
        guard 1...(1 << 63 - 2) ~= height else { throw .invalid("\(reader.what): the state height is out of range") }
        let key = try reader.bytes("key")
        let node = try reader.member("value")
        let value: [UInt8]? = node.isNull ? nil : try BundleReader.bytes(node, "\(reader.what): value")
        guard !key.isEmpty, value?.isEmpty != true else { throw .invalid("\(reader.what): key or value is empty") }
        let proof: MerkleProof
        do { proof = try MerkleProof(decoding: try reader.bytes("merkleProof")) } catch let failure
            as LedgerModelFailure
        {
            throw failure
        } catch { throw .invalid("\(reader.what): merkleProof: \(error)") }
        self.init(
            stateHeight: Height(height), store: try reader.text("store"), key: key, value: value, merkleProof: proof)
    }

    var json: [JSON.Member] {
        [
            .init(name: "stateHeight", value: .string(String(stateHeight.value))),
            .init(name: "store", value: .string(store)),
            .init(name: "key", value: .string(Base64.encode(key))),
            .init(name: "value", value: value.map { .string(Base64.encode($0)) } ?? .null),
            .init(name: "merkleProof", value: .string(Base64.encode(merkleProof.encoded()))),
        ]
    }
}

/// The members that both files begin with: `format`, `chainId`, `genesisHash`, `headers`.
struct BundleHead {
    static let members: Set<String> = ["format", "chainId", "genesisHash", "headers"]
    static let headersMax = 1_000

    var ledger: LedgerIdentity
    var headers: [LinkedHeader]

    init(_ reader: BundleReader, format: String) throws(LedgerModelFailure) {
        guard try reader.text("format").utf8.elementsEqual(format.utf8) else {
            throw .invalid("\(reader.what): format is not \(format)")
        }
        ledger = LedgerIdentity(
            chainID: try ChainID(try reader.text("chainId")), genesisHash: try reader.digest(hex: "genesisHash"))
        headers = []
        for (index, node) in try reader.items("headers", max: Self.headersMax).enumerated() {
            let link = try BundleReader(node, "headers \(index)", members: ["signedHeader", "validatorSet"])
            headers.append(
                LinkedHeader(
                    signedHeader: try SignedHeader(decoding: try link.bytes("signedHeader")),
                    validatorSet: link.has("validatorSet")
                        ? try ValidatorSet(decoding: try link.bytes("validatorSet")) : nil))
        }
    }

    static func json(format: String, ledger: LedgerIdentity, headers: [LinkedHeader]) -> [JSON.Member] {
        let links = headers.map { link in
            var members = [
                JSON.Member(name: "signedHeader", value: .string(Base64.encode(link.signedHeader.encoded)))
            ]
            if let set = link.validatorSet {
                members.append(.init(name: "validatorSet", value: .string(Base64.encode(set.encoded))))
            }
            return JSON.object(members)
        }
        return [
            .init(name: "format", value: .string(format)),
            .init(name: "chainId", value: .string(ledger.chainID.text)),
            .init(name: "genesisHash", value: .string(ledger.genesisHash.hex)),
            .init(name: "headers", value: .array(links)),
        ]
    }

    /// A whole file's outermost object.
    static func parse(_ bytes: [UInt8], _ what: String, members: Set<String>) throws(LedgerModelFailure) -> BundleReader
    {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes, limits: .bundle) } catch {
            throw .invalid("\(what): \(error)")
        }
        return try BundleReader(document.root, what, members: members)
    }
}
