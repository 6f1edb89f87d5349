// GatewayClient knows the gateway's HTTPS API as its OpenAPI document (schemas/openapi/gateway.json) has it, and
// nothing of what stands behind it. It must never see an engine, a service, SQL or a server.
//
// A ``GatewayConnection`` is one gateway and one credential. Its calls give values, its lists are asynchronous
// sequences, and everything that goes wrong is a ``GatewayFailure``:
//
//     let failure = try await GatewayConnection.with("https://127.0.0.1:8443", authority: "ca.pem", credential: key) {
//         gateway in
//         let capture = try await gateway.capture(document)
//         let job = try await gateway.finished(job: capture.jobID)
//         for record in job.records ?? [] { try save(try await gateway.bundle(of: record)) }
//     }
//
// Invariants:
// - A request is sent again only where that is safe: a GET, or a POST under an idempotency key (``RetryPolicy``). Every
//   capture and transaction has a key of its own, so that one whose answer was lost has one effect.
// - The credential goes to the given address alone, over TLS; neither a redirect nor a link leads it elsewhere.
// - No failure holds a document, a key or a credential.
//
// Numbers of the ledger are integers, hashes and ids lower-case hex as the API writes them, times RFC 3339. What an
// answer holds beyond its typed members is in its `json`.
//
// docs/clients.md has longer examples, which the tests compile.
