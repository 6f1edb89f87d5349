import Codec
import Cryptography
import HTTPTypes
import HummingbirdCore
import LedgerModel
import Records

/// The cursors of paged lists: opaque to clients, authenticated, and good for the one list that they came from.
///
/// | bytes | content |
/// |---|---|
/// | as many as the list's places have | the place behind which the next page begins |
/// | 16 | the first bytes of HMAC-SHA256 over `DomainSeparation.pageCursor`, the list and the place |
///
/// in base64url. The list is its path, its tenant and its filters, each behind its u64 length, so that a cursor of one
/// tenant, path or filter is none of another. The key is the store's: cursors outlive a restart.
struct PageCursors: Sendable {
    private static let tagBytes = 16
    let key: [UInt8]

    /// The list that a request asks for.
    struct List: Equatable, Sendable {
        var path: String
        var tenant: String
        /// What narrows or orders it, in the order in which the route names it.
        var filters: [(name: String, value: String)]

        static func == (left: List, right: List) -> Bool { left.bytes == right.bytes }

        fileprivate var bytes: [UInt8] {
            ([path, tenant] + filters.flatMap { [$0.name, $0.value] }).flatMap { part in
                UInt64(part.utf8.count).bigEndianBytes + Array(part.utf8)
            }
        }
    }

    /// The cursor of a place.
    func text(of place: [UInt8], in list: List) -> String { Base64.encodeURL(place + tag(place, list)) }

    /// The place of a cursor.
    ///
    /// Throws the ``Problem`` of a text that is no cursor of the list; `parameter` is its name.
    func place(_ text: String, in list: List, byteCount: Int, parameter: String) throws(Problem) -> [UInt8] {
        guard let bytes = Base64.decodeURL(text), bytes.count == byteCount + Self.tagBytes,
            ConstantTime.isEqual(Array(bytes[byteCount...]), tag(Array(bytes[..<byteCount]), list))
        else { throw .badParameter(parameter, "one that an earlier page of the same list gave") }
        return Array(bytes[..<byteCount])
    }

    private func tag(_ place: [UInt8], _ list: List) -> [UInt8] {
        Array(
            HMACSHA256.authenticate([Array(DomainSeparation.pageCursor.utf8), list.bytes, place], key: key).bytes
                .prefix(Self.tagBytes))
    }
}

/// One page that a request asks for: which list, how much of it, and from where on.
struct PageRequest {
    let list: PageCursors.List
    let limit: Int
    /// Nil for the first page.
    let place: [UInt8]?
    private let cursors: PageCursors
    private let limitName: String
    private let cursorName: String

    /// Names of the parameters, and the bounds of a page.
    struct Names {
        var limit = "limit"
        var cursor = "cursor"
        var limitDefault = 100
        var limitMax = 1_000

        /// As our own lists have them.
        static let own = Names()
        /// As EPCIS 2.0 names them; the default is its own (§12: paging).
        static let epcis = Names(limit: "perPage", cursor: "nextPageToken", limitDefault: 30, limitMax: 1_000)
    }

    /// Reads limit and cursor; all other parameters are taken to make the list.
    init(_ input: RouteInput, _ names: Names, placeBytes: Int, cursors: PageCursors) throws {
        let limit = try input.query(names.limit).map { try RouteInput.number($0, named: names.limit) }
        guard (1...UInt64(names.limitMax)).contains(limit ?? 1) else {
            throw Problem.badParameter(names.limit, "1 to \(names.limitMax)")
        }
        self.limit = limit.map { Int($0) } ?? names.limitDefault
        let list = PageCursors.List(
            path: input.request.uri.path, tenant: input.tenant,
            filters: input.queryItems.filter { $0.name != names.limit && $0.name != names.cursor }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        place = try input.query(names.cursor).map {
            try cursors.place($0, in: list, byteCount: placeBytes, parameter: names.cursor)
        }
        self.list = list
        self.cursors = cursors
        limitName = names.limit
        cursorName = names.cursor
    }

    /// The cursor of the next page.
    func cursor(to place: [UInt8]?) -> String? { place.map { cursors.text(of: $0, in: list) } }

    /// The `Link` field that leads to the next page (RFC 8288 §3), nil on the last.
    func link(to place: [UInt8]?) -> String? {
        guard let cursor = cursor(to: place) else { return nil }
        let items = list.filters + [(name: limitName, value: String(limit)), (name: cursorName, value: cursor)]
        let query = items.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
        return "<\(list.path)?\(query)>; rel=\"next\""
    }

    /// What is not unreserved (RFC 3986 §2.3) is escaped, so that the target is one URI reference.
    private static func escaped(_ text: String) -> String {
        let plain = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }
}

extension GatewayParts {
    /// The cursors of this gateway's lists.
    func cursors() throws -> PageCursors { PageCursors(key: try access.book.pageKey()) }
}
