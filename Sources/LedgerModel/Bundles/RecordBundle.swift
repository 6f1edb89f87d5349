import Codec
package import Cryptography

/// An RFC 9162 inclusion proof as bundles write it: {`leafIndex`, `treeSize`, `path`}.
package struct LogInclusion: Hashable, Sendable {
    package var leafIndex: UInt64
    package var treeSize: UInt64
    package var path: [Digest]

    package init(leafIndex: UInt64, treeSize: UInt64, path: [Digest]) {
        self.leafIndex = leafIndex
        self.treeSize = treeSize
        self.path = path
    }

    static let members: Set<String> = ["leafIndex", "treeSize", "path"]

    init(_ reader: BundleReader) throws(LedgerModelFailure) {
        leafIndex = try reader.number("leafIndex")
        treeSize = try reader.number("treeSize")
        path = []
        // A tree of one leaf has an empty path; an inner tree may be one.
        for item in try reader.possiblyEmpty("path", max: 63) {
            guard let digest = Digest(try BundleReader.bytes(item, "\(reader.what): path")) else {
                throw .invalid("\(reader.what): a hash is not 32 bytes")
            }
            path.append(digest)
        }
    }

    var json: [JSON.Member] {
        [
            .init(name: "leafIndex", value: .string(String(leafIndex))),
            .init(name: "treeSize", value: .string(String(treeSize))),
            .init(name: "path", value: .array(path.map { .string(Base64.encode($0.bytes)) })),
        ]
    }
}

/// A record bundle, `application/vnd.vivian.record+json` (bundles.md): a record, its statement, and the proof of where,
/// when and by whom it was logged.
package struct RecordBundle: Hashable, Sendable {
    package static let format = "vivian-record/1"
    static let receiptsMax = 200

    package var ledger: LedgerIdentity
    package var headers: [LinkedHeader]
    /// Nil in a bundle that proves existence only.
    package var recordFile: [UInt8]?
    package var mediaType: String?
    /// `hashes.cbv`.
    package var eventHash: String?
    package var statement: [UInt8]
    package var anchored: StateEntry
    package var issuerKey: COSEKey
    package var issuerKeyProof: StateEntry
    package var log: LogInclusion
    /// `log.inner`: the path within an interval's own tree.
    package var inner: LogInclusion?
    package var logState: StateEntry
    package var revision: StateEntry?
    package var receipts: [[UInt8]]
    package var receiptKeys: [StateEntry]

    package init(
        ledger: LedgerIdentity, headers: [LinkedHeader], recordFile: [UInt8]?, mediaType: String?, eventHash: String?,
        statement: [UInt8], anchored: StateEntry, issuerKey: COSEKey, issuerKeyProof: StateEntry, log: LogInclusion,
        inner: LogInclusion?, logState: StateEntry, revision: StateEntry?, receipts: [[UInt8]],
        receiptKeys: [StateEntry]
    ) {
        self.ledger = ledger
        self.headers = headers
        self.recordFile = recordFile
        self.mediaType = mediaType
        self.eventHash = eventHash
        self.statement = statement
        self.anchored = anchored
        self.issuerKey = issuerKey
        self.issuerKeyProof = issuerKeyProof
        self.log = log
        self.inner = inner
        self.logState = logState
        self.revision = revision
        self.receipts = receipts
        self.receiptKeys = receiptKeys
    }

    package func encoded() -> [UInt8] {
        var members = BundleHead.json(format: Self.format, ledger: ledger, headers: headers)
        func add(_ name: String, _ value: JSON?) { if let value { members.append(.init(name: name, value: value)) } }
        add("recordFile", recordFile.map { .string(Base64.encode($0)) })
        add("mediaType", mediaType.map { .string($0) })
        add("hashes", eventHash.map { .object([.init(name: "cbv", value: .string($0))]) })
        add("statement", .string(Base64.encode(statement)))
        add("anchored", .object(anchored.json))
        add("issuerKey", .string(Base64.encode(issuerKey.encoded)))
        add("issuerKeyProof", .object(issuerKeyProof.json))
        add("log", .object(log.json + (inner.map { [.init(name: "inner", value: .object($0.json))] } ?? [])))
        add("logState", .object(logState.json))
        add("revision", revision.map { .object($0.json) })
        if !receipts.isEmpty {
            add("receipts", .array(receipts.map { .string(Base64.encode($0)) }))
            add("receiptKeys", .array(receiptKeys.map { .object($0.json) }))
        }
        return JSON.object(members).serialized()
    }

    private static let members = BundleHead.members.union([
        "recordFile", "mediaType", "hashes", "statement", "anchored", "issuerKey", "issuerKeyProof", "log", "logState",
        "revision", "receipts", "receiptKeys",
    ])

    /// Reads a file; nothing is said about what it proves.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let reader = try BundleHead.parse(bytes, "record", members: Self.members)
        let head = try BundleHead(reader, format: Self.format)
        ledger = head.ledger
        headers = head.headers
        recordFile = reader.has("recordFile") ? try reader.bytes("recordFile") : nil
        mediaType = reader.has("mediaType") ? try reader.text("mediaType") : nil
        eventHash =
            reader.has("hashes")
            ? try BundleReader(try reader.member("hashes"), "hashes", members: ["cbv"]).text("cbv") : nil
        statement = try reader.bytes("statement")
        do { issuerKey = try COSEKey(decoding: try reader.bytes("issuerKey")) } catch let failure as LedgerModelFailure
        {
            throw failure
        } catch let failure as COSEFailure { throw .cose(failure) } catch { throw .invalid("issuerKey") }
        let tree = try BundleReader(
            try reader.member("log"), "log", members: LogInclusion.members.union(["inner"]))
        log = try LogInclusion(tree)
        inner =
            tree.has("inner")
            ? try LogInclusion(BundleReader(try tree.member("inner"), "log.inner", members: LogInclusion.members)) : nil
        anchored = try Self.entry(reader, "anchored")
        issuerKeyProof = try Self.entry(reader, "issuerKeyProof")
        logState = try Self.entry(reader, "logState")
        revision = reader.has("revision") ? try Self.entry(reader, "revision") : nil
        receipts = []
        receiptKeys = []
        if reader.has("receipts") {
            for (index, node) in try reader.items("receipts", max: Self.receiptsMax).enumerated() {
                receipts.append(try BundleReader.bytes(node, "receipt \(index)"))
            }
        }
        if reader.has("receiptKeys") {
            for (index, node) in try reader.items("receiptKeys", max: Self.receiptsMax).enumerated() {
                receiptKeys.append(
                    try StateEntry(BundleReader(node, "receiptKeys \(index)", members: StateEntry.members)))
            }
        }
        guard receipts.count == receiptKeys.count else {
            throw .invalid("record: receipts and receiptKeys differ in number")
        }
    }

    private static func entry(_ reader: BundleReader, _ name: String) throws(LedgerModelFailure) -> StateEntry {
        try StateEntry(BundleReader(try reader.member(name), name, members: StateEntry.members))
    }
}
