internal import CLibXML2
internal import Synchronization

/// An XML Schema 1.0, compiled once by libxml2 and used by any number of threads.
///
/// `@unchecked Sendable`: the compiled schema is written only while it is made. Validation contexts, one for each
/// document, hold all that changes (dictionary, automata's progress, identity tables); libxml2 adds to a schema during
/// validation only where it was made without one (`xsi:schemaLocation` assembly), which never happens here.
@safe package final class XMLSchema: @unchecked Sendable {
    /// Owned: freed with this object, in this order.
    private let schema: xmlSchemaPtr
    private let document: xmlDocPtr
    private let location: String
    private let hasPatterns: Bool

    /// Bytes of a text, or of one element's attributes, while somebody is asked whether to go on and there are patterns:
    /// libxml2 takes a second for a pattern on 4 KiB, and half a minute for one on 64.
    static let patternedByteCountMax = 16 << 10

    /// Compiles a schema.
    /// - Parameters:
    ///   - documents: the schema's documents by their locations, as `schemaLocation` names them; relative names are taken
    ///     relative to each other. Nothing else is ever read.
    ///   - main: the location of the document to begin with.
    /// - Throws: `unresolvedReference`, `unreadableXML`, `malformedXMLSchema`.
    package init(documents: [String: [UInt8]], main: String) throws(SchemaFailure) {
        // Each document must be XML that we read: no DOCTYPE, no depth, no strange encoding.
        var readable: [String: [UInt8]] = [:]
        var hasPatterns = false
        for (name, bytes) in documents {
            do throws(XMLFailure) {
                hasPatterns = Self.hasPattern(try XMLTree(parsing: bytes).root) || hasPatterns
                readable[Self.address(name)] = try XMLEncoding.utf8(of: bytes)
            } catch {
                throw .unreadableXML(error, location: name)
            }
        }
        guard let bytes = readable[Self.address(main)] else { throw .unresolvedReference(main, at: main) }
        XMLLibrary.start()
        let address = Self.address(main)
        let compiled = Self.lock.withLock { _ in
            XMLLibrary.documents.withLock { $0 = readable }
            defer { XMLLibrary.documents.withLock { $0 = [:] } }
            return Self.compile(bytes, address)
        }
        guard let schema = unsafe compiled.schema, let document = unsafe compiled.document else {
            throw .malformedXMLSchema(compiled.violations)
        }
        unsafe self.schema = schema
        unsafe self.document = document
        location = main
        self.hasPatterns = hasPatterns
    }

    private static func hasPattern(_ root: XMLElement) -> Bool {
        var waiting = [root]
        while let element = waiting.popLast() {
            if element.localName == "pattern" { return true }
            waiting += element.elements
        }
        return false
    }

    deinit {
        // The last user is gone; the schema refers to the document, so it goes first.
        unsafe xmlSchemaFree(schema)
        unsafe xmlFreeDoc(document)
    }

    /// Checks a document.
    ///
    /// `mayGoOn`: asked at each tag; with the first no it ends as `undecided`. Between two tags nothing ends it, so texts are
    /// bounded then where there are patterns.
    /// - Returns: the rules that it breaks, in the order of the text, at most `limit`; none where it is valid.
    package func validate(
        _ bytes: [UInt8], limits: XMLLimits = .standard, limit: Int = 32, mayGoOn: (() -> Bool)? = nil
    ) throws(XMLFailure) -> [SchemaViolation] {
        // Most documents are valid: they need no tree, which only tells where something is wrong.
        let builder = XMLTreeBuilder(limits: limits, keepsTree: false)
        builder.violationCountMax = 1
        ask(mayGoOn, builder)
        try run(bytes, limits: limits, builder)
        guard !builder.violations.isEmpty else { return [] }
        return try parse(bytes, limits: limits, limit: limit, mayGoOn: mayGoOn).violations
    }

    /// Reads a document and checks it in the same pass.
    package func parse(
        _ bytes: [UInt8], limits: XMLLimits = .standard, limit: Int = 32, mayGoOn: (() -> Bool)? = nil
    ) throws(XMLFailure) -> (tree: XMLTree, violations: [SchemaViolation]) {
        let builder = XMLTreeBuilder(limits: limits)
        builder.violationCountMax = max(limit, 1)
        ask(mayGoOn, builder)
        try run(bytes, limits: limits, builder)
        let tree = XMLTree(storage: builder.finish())
        let violations = builder.violations.map { found in
            let element = XMLElement(storage: tree.storage, index: found.element)
            return SchemaViolation(
                instancePointer: element.path, schemaPointer: location, rule: String(found.code),
                message: found.message, line: element.line, column: element.column)
        }
        return (tree, violations)
    }

    private func ask(_ mayGoOn: (() -> Bool)?, _ builder: XMLTreeBuilder) {
        builder.mayGoOn = mayGoOn
        if mayGoOn != nil, hasPatterns { builder.valueByteCountMax = Self.patternedByteCountMax }
    }

    private func run(_ bytes: [UInt8], limits: XMLLimits, _ builder: XMLTreeBuilder) throws(XMLFailure) {
        unsafe try XMLParser.parse(bytes, limits: limits, into: builder) { context, run in
            unsafe plug(context, builder, run)
        }
    }

    /// Runs a parse with a validator between the parser and the builder, which still sees every event first.
    private func plug(_ context: xmlParserCtxtPtr, _ builder: XMLTreeBuilder, _ run: () -> Void) {
        guard let validator = unsafe xmlSchemaNewValidCtxt(schema) else { return builder.fail(.tooLarge) }
        defer { unsafe xmlSchemaFreeValidCtxt(validator) }
        // The builder is alive during the whole parse, so an unretained reference is enough.
        let data = unsafe Unmanaged.passUnretained(builder).toOpaque()
        unsafe xmlSchemaSetValidStructuredErrors(
            validator,
            { data, error in
                guard let error = unsafe error else { return }
                unsafe XMLTreeBuilder.of(data).addViolation(error.pointee)
            }, data)
        // The plug keeps the addresses of these two fields and sets them back when it is pulled.
        guard let saxOffset = unsafe MemoryLayout<xmlParserCtxt>.offset(of: \.sax),
            let dataOffset = unsafe MemoryLayout<xmlParserCtxt>.offset(of: \.userData)
        else { return builder.fail(.tooLarge) }
        let raw = UnsafeMutableRawPointer(context)
        let sax = unsafe (raw + saxOffset).assumingMemoryBound(to: xmlSAXHandlerPtr?.self)
        let user = unsafe (raw + dataOffset).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        guard let plug = unsafe xmlSchemaSAXPlug(validator, sax, user) else { return builder.fail(.tooLarge) }
        run()
        unsafe xmlSchemaSAXUnplug(plug)
    }

    // MARK: Compiling

    /// One schema is compiled at a time, as the loader's documents belong to the process.
    private static let lock = Mutex<Void>(())

    /// Relative locations get a scheme that no loader but ours knows, so that references resolve within the documents.
    private static func address(_ location: String) -> String {
        location.contains("://") || location.hasPrefix("urn:") ? location : "vivian-schema:/" + location
    }

    /// What libxml2 says while it compiles.
    private final class Problems {
        var violations: [SchemaViolation] = []
    }

    /// What comes out of the lock; the pointers have one owner, whoever receives it.
    @safe private struct Compiled: @unchecked Sendable {
        var schema: xmlSchemaPtr?
        var document: xmlDocPtr?
        var violations: [SchemaViolation] = []
    }

    private static func compile(_ bytes: [UInt8], _ address: String) -> Compiled {
        let problems = Problems()
        let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue)
        let parsed = unsafe bytes.withUnsafeBytes { buffer in
            // The document copies what it needs from the buffer.
            unsafe xmlReadMemory(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), address, nil, options)
        }
        guard let document = unsafe parsed else { return Compiled() }
        guard let parser = unsafe xmlSchemaNewDocParserCtxt(document) else {
            unsafe xmlFreeDoc(document)
            return Compiled()
        }
        defer { unsafe xmlSchemaFreeParserCtxt(parser) }
        // Alive during the call, which is synchronous.
        let data = unsafe Unmanaged.passUnretained(problems).toOpaque()
        unsafe xmlSchemaSetParserStructuredErrors(
            parser,
            { data, error in
                guard let data = unsafe data, let error = unsafe error?.pointee else { return }
                guard unsafe error.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
                let problems = unsafe Unmanaged<Problems>.fromOpaque(data).takeUnretainedValue()
                guard problems.violations.count < 32 else { return }
                problems.violations.append(
                    SchemaViolation(
                        instancePointer: "", schemaPointer: unsafe error.file.map { unsafe String(cString: $0) } ?? "",
                        rule: unsafe String(error.code), message: unsafe XMLErrorText.line(error.message),
                        line: unsafe Int(error.line), column: unsafe Int(error.int2)))
            }, data)
        guard let schema = unsafe xmlSchemaParse(parser) else {
            unsafe xmlFreeDoc(document)
            return unsafe Compiled(violations: problems.violations)
        }
        return unsafe Compiled(schema: schema, document: document)
    }
}

extension XMLElement {
    /// The way from the root: names as written, each with its place among its namesakes where there are several.
    package var path: String {
        guard let parent else { return "/" + writtenName }
        let namesakes = parent.elements.filter { $0.name == name }
        let place = namesakes.count > 1 ? "[\((namesakes.firstIndex { $0.index == index } ?? 0) + 1)]" : ""
        return parent.path + "/" + writtenName + place
    }

    private var writtenName: String { prefix.isEmpty ? localName : prefix + ":" + localName }
}
