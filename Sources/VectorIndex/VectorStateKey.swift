import Codec
package import Cryptography

/// Keys of one collection in the store `vector`; the table is at the head of the module.
package struct VectorStateKey: Sendable {
    package let collection: UInt32

    package init(collection: UInt32) { self.collection = collection }

    private func key(_ letter: Character, _ rest: (inout ByteWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = ByteWriter(capacity: 40)
        writer.uint8(UInt8(ascii: "v"))
        writer.uint32(collection)
        writer.uint8(letter.asciiValue ?? 0)
        rest(&writer)
        return writer.bytes
    }

    package var parameters: [UInt8] { key("p") }
    /// The entry whose value holds the root: what a proof of search rests on.
    package var head: [UInt8] { key("h") }
    package func record(_ id: UInt64) -> [UInt8] { key("r") { $0.uint64(id) } }
    /// The entry whose absence proves that a subject has no vector.
    package func subject(_ subject: Subject) -> [UInt8] {
        key("s") {
            $0.uint16(subject.kind)
            $0.raw(subject.id.bytes)
        }
    }
    package func owner(_ owner: Digest) -> [UInt8] { key("o") { $0.raw(owner.bytes) } }
    package func ownerName(_ number: UInt32) -> [UInt8] { key("n") { $0.uint32(number) } }
    func chunk(_ list: UInt32, _ chunk: Int) -> [UInt8] {
        key("c") {
            $0.uint32(list)
            $0.uint16(UInt16(chunk))
        }
    }
    func list(_ list: UInt32) -> [UInt8] { key("l") { $0.uint32(list) } }
    func superEntry(_ id: UInt32) -> [UInt8] { key("u") { $0.uint32(id) } }
}

/// The state as an operation reads it: only single entries of the store `vector`.
package protocol VectorStateReader {
    /// A key's value, or nil.
    func value(_ key: [UInt8]) -> [UInt8]?
}
