/// First in, first out.
///
/// - Complexity: constant for each operation, on average.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            // What was taken is let go at once, the places in front of it when they are the most.
            elements[head] = nil
            head += 1
            if head == elements.count {
                elements.removeAll(keepingCapacity: head <= Self.keptPlacesMax)
                head = 0
            } else if head > Self.keptPlacesMax, head > elements.count / 2 {
                elements.removeFirst(head)
                head = 0
            }
        }
        return elements[head]
    }

    private static var keptPlacesMax: Int { 64 }
}

extension FIFO: Sendable where Element: Sendable {}
