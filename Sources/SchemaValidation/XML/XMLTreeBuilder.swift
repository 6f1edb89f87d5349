internal import CLibXML2

/// Receives libxml2's SAX2 events and builds the flat tree.
///
/// Used for one parse, on one thread.
@safe final class XMLTreeBuilder {
    let limits: XMLLimits
    /// The first thing that was wrong; what comes after it is ignored.
    private(set) var failure: XMLFailure?
    /// The parser that feeds this builder, during the parse only.
    var context: xmlParserCtxtPtr?

    private var entries: [XMLEntry] = []
    private var names: [XMLEntryName] = []
    private var attributes: [XMLAttribute] = []
    private var declarations: [XMLNamespaceDeclaration] = []
    private var texts: [String] = []
    private var pendingText: [UInt8] = []
    /// Indices of the elements that are open.
    private var open: [Int32] = []
    /// Names by the addresses of their three parts, which the parser's dictionary keeps unique.
    private var nameIndices: [NameKey: Int32] = [:]
    private var source: [UInt8] = []
    private var position = SourcePosition()

    /// Asked at each tag whether what follows may still be looked at; with no, the document is undecided.
    var mayGoOn: (() -> Bool)?
    /// Bytes between two tags, and of one element's attributes; with more the document is undecided.
    var valueByteCountMax = Int.max
    private var valueByteCount = 0
    /// Whether a tree is built; without one, only limits are kept and violations counted.
    private let keepsTree: Bool
    /// Levels that are open, and elements so far, where no tree is kept.
    private var level = 0
    private var elementCount = 0

    init(limits: XMLLimits, keepsTree: Bool = true) {
        self.limits = limits
        self.keepsTree = keepsTree
    }

    /// The builder behind a handler's user data.
    static func of(_ data: UnsafeMutableRawPointer?) -> XMLTreeBuilder {
        // Set from an unretained reference to a builder that is alive during the whole parse.
        unsafe Unmanaged<XMLTreeBuilder>.fromOpaque(data!).takeUnretainedValue()
    }

    /// Starts with a document's UTF-8.
    func begin(_ source: [UInt8]) {
        self.source = source
        if keepsTree { entries.reserveCapacity(source.count / 24 + 4) }
    }

    // MARK: Violations

    /// A rule of an XML Schema that the document breaks.
    struct Found {
        var element: Int
        var code: Int
        var message: String
    }

    /// What a plugged validator has found.
    private(set) var violations: [Found] = []
    var violationCountMax = 0
    /// The element that began or ended last, which is the one that the validator speaks of.
    private var current = 0

    func addViolation(_ error: xmlError) {
        guard failure == nil, violations.count < violationCountMax else { return }
        // What the library gives up: a pattern that needs too many steps, or memory.
        guard unsafe UInt32(bitPattern: error.code) != XML_SCHEMAV_INTERNAL.rawValue else { return fail(.undecided) }
        violations.append(
            unsafe Found(element: current, code: Int(error.code), message: XMLErrorText.line(error.message)))
    }

    var isComplete: Bool { failure == nil && open.isEmpty && level == 0 && elementCount > 0 }

    func finish() -> XMLStorage {
        XMLStorage(entries: entries, names: names, attributes: attributes, declarations: declarations, texts: texts)
    }

    /// Ends the parse with a reason, at the parser's position unless another is given.
    func fail(_ reason: XMLFailure.Reason, line: Int? = nil, column: Int? = nil, detail: String = "") {
        guard failure == nil else { return }
        var place = position
        place.advance(to: offset, in: source)
        failure = XMLFailure(reason: reason, line: line ?? place.line, column: column ?? place.column, detail: detail)
        // The parser gives no more events, and its call returns.
        unsafe xmlStopParser(context)
    }

    /// An error of the parser's own.
    ///
    /// Warnings, and namespace names that are no URI, are not ours to judge.
    func report(_ error: xmlError) {
        let code = unsafe UInt32(error.code)
        guard unsafe error.level.rawValue >= XML_ERR_ERROR.rawValue, code != XML_WAR_NS_URI.rawValue,
            code != XML_ERR_USER_STOP.rawValue, unsafe error.domain != Int32(XML_FROM_SCHEMASV.rawValue)
        else { return }
        let detail = unsafe XMLErrorText.line(error.message)
        let isTooDeep = code == XML_ERR_INTERNAL_ERROR.rawValue && detail.contains("depth")
        fail(isTooDeep ? .tooDeep : .notWellFormed, detail: detail)
    }

    /// Bytes of the source that the parser has read.
    private var offset: Int {
        // The current input is set during the parse; its pointers lie within one buffer.
        guard let context = unsafe context, let input = unsafe context.pointee.input else { return source.count }
        let read = unsafe Int(input.pointee.consumed) + (input.pointee.cur - input.pointee.base)
        return min(max(read, 0), source.count)
    }

    // MARK: Events

    func startElement(
        _ local: UnsafePointer<UInt8>?, _ prefix: UnsafePointer<UInt8>?, _ uri: UnsafePointer<UInt8>?,
        _ namespaceCount: Int, _ namespaces: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ attributeCount: Int, _ values: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
    ) {
        guard failure == nil else { return }
        elementCount += 1
        guard level < limits.depthMax else { return failAtTag(.tooDeep) }
        guard namespaceCount + attributeCount <= limits.attributeCountMax else { return failAtTag(.tooManyAttributes) }
        guard mayGoOn?() != false else { return failAtTag(.undecided) }
        valueByteCount = 0
        if valueByteCountMax < .max {
            for index in 0..<attributeCount {
                valueByteCount += unsafe values![5 * index + 4]! - values![5 * index + 3]!
            }
            guard valueByteCount <= valueByteCountMax else { return failAtTag(.undecided) }
            valueByteCount = 0
        }
        level += 1
        guard keepsTree else { return }
        flushText()
        advanceToTag()
        var entry = XMLEntry(
            isElement: true, content: unsafe name(local, prefix, uri), parent: open.last ?? -1, next: 0)
        entry.line = Int32(clamping: position.line)
        entry.column = Int32(clamping: position.column)
        entry.firstDeclaration = Int32(declarations.count)
        entry.declarationCount = Int32(namespaceCount)
        // Two pointers for each declaration: prefix (or nil) and namespace.
        for index in 0..<namespaceCount {
            declarations.append(
                XMLNamespaceDeclaration(
                    prefix: unsafe Self.string(namespaces?[2 * index]),
                    namespace: unsafe Self.string(namespaces?[2 * index + 1])))
        }
        entry.firstAttribute = Int32(attributes.count)
        entry.attributeCount = Int32(attributeCount)
        // Five pointers for each attribute: local name, prefix, namespace, and where its value begins and ends.
        for index in 0..<attributeCount {
            let known = unsafe names[Int(name(values?[5 * index], values?[5 * index + 1], values?[5 * index + 2]))]
            let value = unsafe UnsafeBufferPointer(
                start: values?[5 * index + 3], count: values![5 * index + 4]! - values![5 * index + 3]!)
            attributes.append(
                XMLAttribute(
                    name: known.name, prefix: known.prefix, value: unsafe String(decoding: value, as: UTF8.self)))
        }
        current = entries.count
        open.append(Int32(entries.count))
        entries.append(entry)
    }

    /// The place of the start tag whose end the parser has just read: within a tag no `<` occurs.
    private func advanceToTag() {
        var start = max(offset - 1, 0)
        while start > 0, source[start] != UInt8(ascii: "<") { start -= 1 }
        position.advance(to: start, in: source)
    }

    private func failAtTag(_ reason: XMLFailure.Reason) {
        advanceToTag()
        fail(reason, line: position.line, column: position.column)
    }

    func endElement() {
        guard failure == nil else { return }
        level -= 1
        guard mayGoOn?() != false else { return fail(.undecided) }
        valueByteCount = 0
        guard keepsTree else { return }
        flushText()
        current = Int(open.removeLast())
        entries[current].next = Int32(entries.count)
    }

    func characters(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard failure == nil else { return }
        valueByteCount += bytes.count
        guard valueByteCount <= valueByteCountMax else { return fail(.undecided) }
        guard keepsTree, !open.isEmpty else { return }
        // The parser's buffer is valid during this call; the bytes are copied.
        unsafe pendingText.append(contentsOf: bytes)
    }

    private func flushText() {
        guard !pendingText.isEmpty else { return }
        let next = Int32(entries.count + 1)
        entries.append(
            XMLEntry(isElement: false, content: Int32(texts.count), parent: open.last ?? -1, next: next))
        texts.append(String(decoding: pendingText, as: UTF8.self))
        pendingText.removeAll(keepingCapacity: true)
    }

    // MARK: Names

    /// The three parts of a name as addresses in the parser's dictionary.
    private struct NameKey: Hashable {
        var local: UInt
        var prefix: UInt
        var namespace: UInt
    }

    private func name(
        _ local: UnsafePointer<UInt8>?, _ prefix: UnsafePointer<UInt8>?, _ uri: UnsafePointer<UInt8>?
    ) -> Int32 {
        let key = NameKey(
            local: UInt(bitPattern: local), prefix: UInt(bitPattern: prefix), namespace: UInt(bitPattern: uri))
        if let index = nameIndices[key] { return index }
        let name = unsafe XMLName(namespace: Self.string(uri), localName: Self.string(local))
        let index = Int32(names.count)
        names.append(XMLEntryName(name: name, prefix: unsafe Self.string(prefix)))
        nameIndices[key] = index
        return index
    }

    private static func string(_ text: UnsafePointer<UInt8>?) -> String {
        // Zero-terminated, by the parser's contract.
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text)
    }
}

/// A place in a text that only moves forward, so that counting lines costs one pass in all.
struct SourcePosition {
    private(set) var offset = 0
    private(set) var line = 1
    private var lineStart = 0

    /// From 1, in bytes.
    var column: Int { offset - lineStart + 1 }

    mutating func advance(to target: Int, in source: [UInt8]) {
        guard target > offset else { return }
        for index in offset..<target where source[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        offset = target
    }
}

/// libxml2's messages as we show them.
enum XMLErrorText {
    /// The message without its line break.
    static func line(_ message: UnsafeMutablePointer<CChar>?) -> String {
        // Zero-terminated, by the library's contract; copied here.
        guard let message = unsafe message else { return "" }
        return unsafe String(cString: message).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
