import Codec
import Foundation
import TestSupport
import Testing

@testable import Proofs

/// Proofs along [store, key], as a real chain served them and damaged ones: `cosmos-recorded`.
@Suite(.enabled(if: VectorFolder.shouldRun("cosmos-recorded")))
struct RecordedProofTests {
    static let vectors: [ProofVector] = {
        var vectors: [ProofVector] = []
        if let file = try? vectorDocument("cosmos-recorded", "proofs.json") {
            vectors += (file.root.list("cases") + file.root.list("empty_store")).compactMap { try? vector($0) }
        }
        if let file = try? vectorDocument("cosmos-recorded", "proofs-tampered.json") {
            vectors += file.root.elements.compactMap { try? vector($0) }
        }
        for name in ["ics20-transfer.json", "ics20-error-ack.json"] {
            guard let file = try? vectorDocument("cosmos-recorded", name) else { continue }
            vectors += file.root.list("steps").compactMap { try? flowVector($0) }
        }
        return vectors
    }()

    static func vector(_ node: JSONNode) throws -> ProofVector {
        ProofVector(
            name: try node.text("id"), specs: [.iavl, .tendermint], root: try node.hex("root_hex"),
            path: [Array(try node.text("store").utf8), try node.hex("key_hex")],
            value: try node.optionalHex("value_hex"), proof: try node.hex("merkle_proof_hex"),
            isAccepted: try node.text("expected") == "accept")
    }

    /// A proof read in the course of an IBC transfer; nil for other steps.
    static func flowVector(_ node: JSONNode) throws -> ProofVector? {
        guard try node.text("step") == "proof" else { return nil }
        let value = try node.optionalHex("value_hex") ?? []
        return ProofVector(
            name: "transfer: " + (try node.text("key")), specs: [.iavl, .tendermint], root: try node.hex("root_hex"),
            path: [Array(try node.text("store").utf8), Array(try node.text("key").utf8)],
            value: value.isEmpty ? nil : value, proof: try node.hex("merkle_proof_hex"),
            isAccepted: try node.text("verdict") == "accept")
    }

    @Test func `the set is there, and every case of it is read`() throws {
        let proofs = try vectorDocument("cosmos-recorded", "proofs.json").root
        var count = proofs.list("cases").count + proofs.list("empty_store").count
        count += try vectorDocument("cosmos-recorded", "proofs-tampered.json").root.count
        for name in ["ics20-transfer.json", "ics20-error-ack.json"] {
            let steps = try vectorDocument("cosmos-recorded", name).root.list("steps")
            count += steps.count { $0["step"]?.string == "proof" }
        }
        #expect(Self.vectors.count == count)
        #expect(Self.vectors.contains { $0.isAccepted } && Self.vectors.contains { !$0.isAccepted })
    }

    /// Headers, misbehaviour and the chain itself are read by Interchain's suites.
    @Test func `no file of the set is left unread`() {
        let known: Set = [
            "chain.json.gz", "header-cases.json", "ics20-error-ack.json", "ics20-transfer.json", "misbehaviour.json",
            "proofs-tampered.json", "proofs.json",
        ]
        let found = VectorFolder.files("cosmos-recorded", endingWith: "").map(\.lastPathComponent)
        #expect(Set(found.filter { !$0.hasPrefix("ORIGIN") }) == known)
    }

    @Test(arguments: vectors)
    func `a recorded proof gets its verdict`(vector: ProofVector) {
        #expect(vector.holds == vector.isAccepted)
    }
}

/// What an unmodified ibc-go client says of proofs from Jellyfish stores, or we where we are stricter:
/// `ibc-verdicts/membership.json`.
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-verdicts")))
struct MembershipVerdictTests {
    static let vectors: [ProofVector] = {
        guard let file = try? vectorDocument("ibc-verdicts", "membership.json") else { return [] }
        return file.root.list("cases").compactMap { try? vector($0) }
    }()

    static func vector(_ node: JSONNode) throws -> ProofVector {
        // What we must say, else what clients of a later version say, else what this version says.
        let verdict = node["ours"]?.string ?? node["expectedLater"]?.string
        return ProofVector(
            name: try node.text("id") + " " + node.text("shows"),
            specs: try node.list("specs").map { try spec($0.string ?? "") }, root: try node.hex("root"),
            path: node.list("path").map { $0.string.flatMap(Hex.decode) ?? [] }, value: try node.optionalHex("value"),
            proof: try node.hex("merkleProof"), isAccepted: try verdict ?? node.text("expected") == "accept")
    }

    /// A tree's spec with the limits that the name tells, such as `jmt-64` or `jmt-keys-not-hashed-256`.
    static func spec(_ name: String) throws -> ProofSpec {
        let known: [ProofSpec] = [.iavl, .tendermint, .smt, .jmt]
        let parts = name.split(separator: "-")
        guard var spec = known.first(where: { $0.name == parts.first.map(String.init) }),
            let depth = parts.last.flatMap({ Int($0) })
        else { throw UnreadableVector(member: name) }
        spec.depthMax = depth == 0 ? 128 : depth
        if name.contains("keys-not-hashed") { spec.comparesHashedKeys = false }
        return spec
    }

    @Test func `the set is there, and every case of it is read`() throws {
        let cases = try vectorDocument("ibc-verdicts", "membership.json").root.list("cases")
        #expect(!cases.isEmpty && Self.vectors.count == cases.count)
        #expect(Self.vectors.contains { $0.isAccepted } && Self.vectors.contains { !$0.isAccepted })
    }

    /// Headers and flows are read by Interchain's suites; packets wait for the packet layer.
    @Test func `no file of the set is left unread`() {
        let known: Set = ["flows.json", "headers.json", "membership.json", "packets.json"]
        #expect(Set(VectorFolder.files("ibc-verdicts", endingWith: ".json").map(\.lastPathComponent)) == known)
    }

    @Test(arguments: vectors)
    func `a proof gets its verdict`(vector: ProofVector) {
        #expect(vector.holds == vector.isAccepted)
    }
}

/// A proof from another chain's client tests: `ibc-07-tendermint`.
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-07-tendermint")))
struct ClientFixtureTests {
    static let vectors: [ProofVector] = VectorFolder.files("ibc-07-tendermint", endingWith: ".json").compactMap {
        guard let bytes = try? VectorFolder.bytes(of: $0), let file = try? JSONDocument(parsing: bytes),
            let message = file.root["membership_msg"]
        else { return nil }
        return try? vector(file.root, message, name: $0.lastPathComponent)
    }

    static func vector(_ root: JSONNode, _ message: JSONNode, name: String) throws -> ProofVector {
        // ConsensusState: the root is field 2, a message with the hash in field 1.
        var appHash: [UInt8] = []
        var reader = ProtobufReader(try root.hex("consensus_state_hex"))
        while let field = try reader.next() {
            guard field.number == 2 else { continue }
            var inner = ProtobufReader(try field.bytes())
            if let hash = try inner.next() { appHash = try hash.bytes() }
        }
        let value = try message.optionalHex("value") ?? []
        return ProofVector(
            name: name, specs: [.iavl, .tendermint], root: appHash,
            path: message.list("path").map { Array(($0.string ?? "").utf8) }, value: value.isEmpty ? nil : value,
            proof: try message.hex("proof"), isAccepted: true)
    }

    @Test func `the set is there and is read`() { #expect(!Self.vectors.isEmpty) }

    @Test(arguments: vectors)
    func `a membership proof holds`(vector: ProofVector) throws { try vector.verify() }
}
