/// Why a text has no vector; cases carry values, never the text.
package enum EmbeddingFailure: Error, Equatable, Sendable {
    /// More bytes than `TextEmbedder.byteCountMax`: embed a part of the text.
    case tooLong(byteCount: Int)
    /// No UTF-8 from this byte on (RFC 3629: neither overlong forms nor surrogates nor code points above U+10FFFF).
    case notUTF8(offset: Int)
    /// More words than `TextEmbedder.wordCountMax`: embed a part of the text.
    case tooManyWords(max: Int)
    /// Nothing but separators, or nothing at all.
    case noWords
    /// Features that cancel one another, so that too little is left to point anywhere; only made on purpose.
    case degenerate
}
