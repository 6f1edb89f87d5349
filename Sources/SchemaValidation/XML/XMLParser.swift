internal import CLibXML2

/// One parse by libxml2's SAX2 interface, under the settings that every document of ours is read with.
///
/// No entity is ever declared, as the DOCTYPE ends the parse; so the option NOENT reaches the five predefined ones alone
/// (without it `&amp;` in an attribute would arrive as `&#38;`). No option that loads or includes anything is set; the
/// library's own limits (256 levels, 10 MB a text) stay on.
enum XMLParser {
    /// Feeds a document to the builder.
    ///
    /// `around` runs the parse, with the parser's context at hand; a schema validator plugs itself in there.
    /// - Throws: what is wrong with the document, and where.
    static func parse(
        _ bytes: [UInt8], limits: XMLLimits, into builder: XMLTreeBuilder,
        around: (_ context: xmlParserCtxtPtr, _ run: () -> Void) -> Void = { _, run in run() }
    ) throws(XMLFailure) {
        guard bytes.count <= min(limits.byteCountMax, Int(Int32.max) / 4) else {
            throw XMLFailure(reason: .tooLarge, line: 0, column: 0, detail: "")
        }
        let source = try XMLEncoding.utf8(of: bytes)
        // The library guesses UTF-16 and UCS-4 from NUL bytes; XML holds none.
        guard !source.prefix(4).contains(0) else {
            throw XMLFailure(reason: .notWellFormed, line: 1, column: 1, detail: "")
        }
        XMLLibrary.start()
        builder.begin(source)
        guard let context = unsafe xmlNewParserCtxt() else {
            throw XMLFailure(reason: .tooLarge, line: 0, column: 0, detail: "out of memory")
        }
        defer { unsafe xmlFreeParserCtxt(context) }
        // The context owns its handler table; ours replaces the content. The builder outlives the parse, which is
        // synchronous, so an unretained reference is enough.
        unsafe context.pointee.sax.pointee = handler()
        unsafe context.pointee.userData = Unmanaged.passUnretained(builder).toOpaque()
        unsafe builder.context = context
        // Errors come through this thread's own channel, since a plugged validator takes the handlers' place.
        unsafe xmlSetStructuredErrorFunc(context.pointee.userData) { data, error in
            guard let error = unsafe error else { return }
            unsafe XMLTreeBuilder.of(data).report(error.pointee)
        }
        defer { xmlSetStructuredErrorFunc(nil, nil) }
        unsafe around(context) {
            unsafe source.withUnsafeBytes { buffer in
                let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                let options = Int32(
                    XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue | XML_PARSE_NOCDATA.rawValue
                        | XML_PARSE_IGNORE_ENC.rawValue)
                // Our handlers build no document; should the library have made one, it is ours to free.
                if let document = unsafe xmlCtxtReadMemory(context, start, Int32(buffer.count), nil, nil, options) {
                    unsafe xmlFreeDoc(document)
                }
            }
        }
        unsafe builder.context = nil
        if let failure = builder.failure { throw failure }
        guard unsafe context.pointee.wellFormed == 1, builder.isComplete else {
            throw XMLFailure(reason: .notWellFormed, line: 1, column: 1, detail: "no root element")
        }
    }

    /// The events that we listen to; each finds its builder in the user data that the parser hands back.
    private static func handler() -> xmlSAXHandler {
        var handler = unsafe xmlSAXHandler()
        // XML_SAX2_MAGIC, a macro with a cast.
        unsafe handler.initialized = 0xdeed_beaf
        unsafe handler.internalSubset = { data, _, _, _ in
            unsafe XMLTreeBuilder.of(data).fail(.documentType)
        }
        unsafe handler.startElementNs = { data, local, prefix, uri, namespaceCount, namespaces, count, _, attributes in
            unsafe XMLTreeBuilder.of(data).startElement(
                local, prefix, uri, Int(namespaceCount), namespaces, Int(count), attributes)
        }
        unsafe handler.endElementNs = { data, _, _, _ in unsafe XMLTreeBuilder.of(data).endElement() }
        unsafe handler.characters = { data, text, count in
            unsafe XMLTreeBuilder.of(data).characters(UnsafeBufferPointer(start: text, count: Int(count)))
        }
        unsafe handler.ignorableWhitespace = handler.characters
        unsafe handler.cdataBlock = handler.characters
        return unsafe handler
    }
}
