/// A map from dense numbers to numbers, in pages, so that a copy that changes shares all pages but those it writes.
struct NumberMap: Sendable {
    private static let pageCount = 512
    private var pages: [[UInt32]] = []

    /// 0 where nothing was set.
    subscript(_ index: Int) -> UInt32 {
        get {
            let page = index / Self.pageCount
            return page < pages.count ? pages[page][index % Self.pageCount] : 0
        }
        set {
            let page = index / Self.pageCount
            // A page that others hold is not copied for what stands there already.
            if page < pages.count, pages[page][index % Self.pageCount] == newValue { return }
            while pages.count <= page { pages.append([UInt32](repeating: 0, count: Self.pageCount)) }
            pages[page][index % Self.pageCount] = newValue
        }
    }
}
