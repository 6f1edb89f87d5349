internal import CLibXML2
internal import Synchronization

/// libxml2's process-wide state, set once before its first use.
///
/// The entity loader is the library's only way to a file or the network. Ours knows in-memory documents alone: those of
/// the XML schema that is being compiled right now, and none at any other time.
enum XMLLibrary {
    /// Makes the library ready; cheap after the first call.
    static func start() { _ = ready }

    /// In-memory documents by location, while a schema is compiled.
    static let documents = Mutex<[String: [UInt8]]>([:])

    private static let ready: Void = {
        // The library's own initialisation; no arguments, and `static let` runs it once.
        xmlInitParser()
        // The loader hands out copies of in-memory documents, or nothing.
        unsafe xmlSetExternalEntityLoader { location, _, context in
            guard let location = unsafe location else { return nil }
            let key = unsafe String(cString: location)
            guard let bytes = XMLLibrary.documents.withLock({ $0[key] }) else { return nil }
            return unsafe bytes.withUnsafeBytes { buffer in
                // The input buffer copies the bytes; the stream owns it afterwards.
                let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard
                    let input = unsafe xmlParserInputBufferCreateMem(
                        start, Int32(buffer.count), XML_CHAR_ENCODING_UTF8)
                else { return nil }
                guard let stream = unsafe xmlNewIOInputStream(context, input, XML_CHAR_ENCODING_UTF8) else {
                    unsafe xmlFreeParserInputBuffer(input)
                    return nil
                }
                // Freed by the library with the stream.
                let name = unsafe xmlStrdup(UnsafeRawPointer(location).assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.filename = unsafe UnsafePointer(
                    UnsafeMutableRawPointer(name)?.assumingMemoryBound(to: CChar.self))
                return unsafe stream
            }
        }
    }()
}
