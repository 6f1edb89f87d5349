/// A list of the gateway's that comes in pages: an asynchronous sequence of all of it, page by page as it is read.
///
/// Rows that come meanwhile hide no other one and show none twice. Each iteration begins anew.
public struct GatewayList<Element: Sendable>: AsyncSequence, Sendable {
    /// One page.
    public struct Page: Sendable {
        /// May be none, though another page follows.
        public let items: [Element]
        /// The path of the next page, for ``GatewayList/page(_:)``; nil on the last.
        public let next: String?
    }

    let connection: GatewayConnection
    /// The path of the first page.
    let first: String
    let read: @Sendable (AnswerReader) throws(GatewayFailure) -> [Element]

    /// One page: the first, or the one that another page's ``Page/next`` names.
    public func page(_ target: String? = nil) async throws(GatewayFailure) -> Page {
        let reply = try await connection.send("GET", target ?? first)
        let items = try read(try AnswerReader(reply))
        guard let link = reply.headers["link"].flatMap(LinkField.next) else { return Page(items: items, next: nil) }
        return Page(items: items, next: try connection.local(link, from: target ?? first))
    }

    /// Begins with the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(list: self) }

    /// Reads pages as they are needed.
    public struct Iterator: AsyncIteratorProtocol {
        let list: GatewayList
        private var items: [Element].SubSequence = []
        private var next: String?
        private var isBegun = false

        init(list: GatewayList) { self.list = list }

        /// The next element, from the next page where this one is used up; nil after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(GatewayFailure) -> Element? {
            while items.isEmpty {
                guard !isBegun || next != nil else { return nil }
                let page = try await list.page(next)
                isBegun = true
                items = page.items[...]
                next = page.next
            }
            return items.popFirst()
        }

        /// The next element; nil after the last.
        public mutating func next() async throws(GatewayFailure) -> Element? { try await next(isolation: nil) }
    }
}

extension GatewayConnection {
    /// A link's target as a path at this gateway: the credential is shown to nobody else.
    func local(_ link: String, from current: String) throws(GatewayFailure) -> String {
        let path = link.hasPrefix(address + "/") ? String(link.dropFirst(address.count)) : link
        guard path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != 0x5c })
        else {
            throw .unreadable("the next page is not at \(address)")
        }
        guard path != current else { throw .unreadable("the next page is the same page") }
        return path
    }
}
