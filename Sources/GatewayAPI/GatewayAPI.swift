// GatewayAPI knows routes, problem documents and OpenAPI: HTTPS in, calls on `Records` and `LedgerAccess`, answers out.
// It must never see `LedgerStore`, `PeerNetwork`, SQL or any adapter.
//
// Read `Gateway` (how it is put together), `HTTP/RequestPipeline` (what is done to every request), `RouteTable` (every
// route in one list), then one file per group of routes. `Contract` holds requests against the OpenAPI document.
// Only `ProblemTable` turns a failure into a status and an RFC 9457 document.
