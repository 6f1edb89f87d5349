import Codec
import Cryptography
import HTTPTypes
import LedgerAccess
import LedgerModel
import Synchronization

/// `GET /status` as text: written again when the ledger has moved on, since clients ask more often than it does.
private final class StatusText: Sendable {
    private let newest = Mutex<(status: LedgerStatus, text: Representation)?>(nil)

    func text(_ status: LedgerStatus, version: String) -> Representation {
        newest.withLock { newest in
            if let newest, newest.status == status { return newest.text }
            let text = Representation(Self.json(status, version).serialized(), type: "application/json")
            newest = (status, text)
            return text
        }
    }

    private static func json(_ status: LedgerStatus, _ version: String) -> JSON {
        .object(of: [
            "chainId": .string(status.chainID.text),
            "genesisHash": .string(status.genesisHash.hex),
            "height": .decimal(status.height.value),
            "firstHeight": .decimal(status.firstHeight.value),
            "time": .string(TimeText.rfc3339(status.time)),
            "validatorsHash": .string(status.validatorsHash.hex),
            "logSize": .decimal(status.logSize),
            "validator": status.validator.map { .hex($0.bytes) },
            "pendingTransactions": .number(String(status.pendingCount)),
            "version": .string(version),
        ])
    }
}

/// The ledger itself: status, state with proofs, blocks and transactions.
struct LedgerRoutes {
    let parts: GatewayParts
    private let statusText = StatusText()

    init(parts: GatewayParts) { self.parts = parts }

    var routes: [Route] {
        [
            Route(.get, "/status", .scope(.ledgerRead), isLight: true, status),
            Route(.get, "/state/{store}/{key}", .scope(.ledgerRead), state),
            Route(.get, "/blocks/{height}", .scope(.ledgerRead), block),
            Route(.get, "/transactions/{id}", .scope(.ledgerRead), transaction),
            Route(
                .post, "/transactions", .scope(.ledgerSubmit), bodyBytesMax: parts.configuration.transactionBytesMax,
                submit),
            Route(
                .post, "/evidence", .scope(.ledgerSubmit), bodyBytesMax: Evidence.blockBytesMax, submitEvidence),
        ]
    }

    @Sendable func status(_ input: RouteInput) async throws -> Reply {
        Reply.kept(statusText.text(try await parts.ledger.status(), version: parts.configuration.version))
    }

    @Sendable func state(_ input: RouteInput) async throws -> Reply {
        guard let store = StoreName(rawValue: input.parameter("store")) else {
            throw Problem.badParameter("store", "one of \(StoreName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let key = Base64.decodeURL(input.parameter("key")), !key.isEmpty else {
            throw Problem.badParameter("key", "bytes in base64url without padding")
        }
        let height = try input.height("height")
        let isProven = try input.flag("prove")
        let trusted = try input.trusted()
        let entry = try await parts.ledger.entry(store, key: key, at: height)
        guard isProven else {
            return Reply.json(
                .object(of: [
                    "stateHeight": .decimal(entry.stateHeight.value),
                    "store": .string(store.rawValue),
                    "key": .string(Base64.encode(key)),
                    "value": entry.value.map { .string(Base64.encode($0)) } ?? .null,
                ]))
        }
        let headers = try await parts.ledger.headers(for: [entry.stateHeight.next], from: trusted)
        let file = StateProofFile(ledger: parts.identity, headers: headers, entry: entry)
        return Reply.bytes(file.encoded(), type: "application/vnd.vivian.proof+json")
    }

    @Sendable func block(_ input: RouteInput) async throws -> Reply {
        let height = Height(try RouteInput.number(input.parameter("height"), named: "height"))
        let committed = try await parts.ledger.block(height)
        let header = committed.block.header
        return Reply.json(
            .object(of: [
                "height": .decimal(height.value),
                "hash": .string(header.hash.hex),
                "time": .string(TimeText.rfc3339(header.time)),
                "appHash": .hex(header.appHash),
                "proposer": .hex(header.proposer),
                "transactions": .array(
                    committed.block.transactions.map { bytes in
                        .object(of: [
                            "id": SignedTransaction.id(reading: bytes, on: parts.identity).map {
                                JSON.hex($0.bytes)
                            } ?? JSON.null,
                            "bytes": .string(Base64.encode(bytes)),
                        ])
                    }),
                "signedHeader": .string(
                    Base64.encode(SignedHeader(header: header, commit: committed.commit).encoded)),
            ]))
    }

    @Sendable func transaction(_ input: RouteInput) async throws -> Reply {
        let bytes = try input.hex("id", byteCount: 32)
        guard let id = TransactionID(bytes) else { throw Problem.badParameter("id", "a transaction id") }
        switch try await parts.ledger.transaction(id) {
        case .unknown:
            throw LedgerAccessFailure.notFound("No transaction of that id is known; expired ones are forgotten.")
        case .pending:
            return Reply.json(.object(of: ["id": .hex(bytes), "state": .string("pending")]))
        case .included(let height, let index, let code, let log):
            return Reply.json(
                .object(of: [
                    "id": .hex(bytes), "state": .string("included"), "height": .decimal(height.value),
                    "index": .number(String(index)), "code": .number(String(code)), "log": .string(log),
                ]))
        }
    }

    @Sendable func submit(_ input: RouteInput) async throws -> Reply {
        let id = try await parts.ledger.submit(input.body)
        return Reply.json(
            .object(of: ["id": .hex(id.bytes), "state": .string("pending")]), status: .accepted,
            headers: [.location: "/transactions/\(Hex.encode(id.bytes))"])
    }

    @Sendable func submitEvidence(_ input: RouteInput) async throws -> Reply {
        do {
            try await parts.ledger.submit(evidence: input.body)
        } catch {
            guard case .refused(let reason) = error else { throw error }
            throw Problem(
                "evidence-refused", .unprocessableContent, title: "The evidence convicts nobody", detail: reason)
        }
        return Reply.json(
            .object(of: ["hash": .hex(SHA256.hash(input.body).bytes), "state": .string("pending")]), status: .accepted)
    }
}
