/// An API key of the tenant.
public struct APIKeyAnswer: GatewayAnswer {
    /// Its public part.
    public let id: String
    /// The organisation it belongs to.
    public let tenant: String
    /// What it is for, in words.
    public let label: String
    /// What it may do.
    public let scopes: [String]
    /// Who made it, as the audit log names them.
    public let createdBy: String
    /// When it was made.
    public let createdAt: String
    /// When it ends; never if nil.
    public let expiresAt: String?
    /// When it was revoked.
    public let revokedAt: String?
    /// The key itself: in the answer to the call that made it, and nowhere else.
    public let secret: String?
    /// The answer as it came; with the secret where that is in it.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        id = try reader.text("id")
        tenant = try reader.text("tenant")
        label = try reader.text("label")
        scopes = try reader.texts("scopes")
        createdBy = try reader.text("createdBy")
        createdAt = try reader.text("createdAt")
        expiresAt = reader.optionalText("expiresAt")
        revokedAt = reader.optionalText("revokedAt")
        secret = reader.optionalText("key")
        json = reader.json
    }
}

/// What a key is to become; what is left out stays as it is.
public struct APIKeyChange: Hashable, Sendable {
    /// When a key ends.
    public enum Expiry: Hashable, Sendable {
        case never
        /// RFC 3339.
        case at(String)
    }

    /// What it is for, in words.
    public var label: String?
    /// What it may do.
    public var scopes: [String]?
    /// When it ends.
    public var expiry: Expiry?

    /// A change of what is named.
    public init(label: String? = nil, scopes: [String]? = nil, expiry: Expiry? = nil) {
        self.label = label
        self.scopes = scopes
        self.expiry = expiry
    }
}

/// One line of the tenant's audit log, with its place in the chain.
public struct AuditAnswer: GatewayAnswer {
    /// From 1, without a gap.
    public let sequence: UInt64
    /// The organisation it belongs to.
    public let tenant: String
    /// RFC 3339 with nine decimals.
    public let time: String
    /// Who it was.
    public let who: String
    /// The HTTP method.
    public let method: String
    /// The route's template.
    public let route: String
    /// The id of what it was done to; empty where there is none.
    public let target: String
    /// The HTTP status.
    public let status: Int
    /// The request's id.
    public let request: String
    /// 32 bytes; it covers this line and the hash before.
    public let hash: [UInt8]
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        sequence = try reader.number("sequence")
        tenant = try reader.text("tenant")
        time = try reader.text("time")
        who = try reader.text("who")
        method = try reader.text("method")
        route = try reader.text("route")
        target = try reader.text("target")
        status = try reader.count("status")
        request = try reader.text("request")
        hash = try reader.hex("hash")
        json = reader.json
    }
}
