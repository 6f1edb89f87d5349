import Codec
import Cryptography
import Foundation
import HTTPClientKit

/// Finds and fetches an issuer's keys: RFC 8414 metadata, else OpenID Connect Discovery, then the key set.
///
/// Everything comes over HTTPS; plain HTTP is taken from loopback only. Redirects are not followed.
enum IssuerDiscovery {
    /// Largest metadata document, in bytes.
    static let metadataBytesMax = 64 << 10
    /// How long an issuer may take, in seconds: a request waits for it.
    static let timeoutSeconds: Int64 = 5

    static func keys(of issuer: TokenIssuer) async throws -> [JSONWebKey] {
        let address: String
        if let known = issuer.keySetURL { address = known } else { address = try await keySetURL(of: issuer) }
        let bytes = try await get(address, issuer: issuer, bytesMax: JSONWebKeySet.byteCountMax)
        do {
            return try JSONWebKeySet(parsing: bytes).keys
        } catch {
            throw IssuerKeys.Unavailable(reason: "The issuer's key set cannot be read.")
        }
    }

    /// `jwks_uri` of the issuer's metadata, which must name the issuer itself (RFC 8414 §3.3).
    private static func keySetURL(of issuer: TokenIssuer) async throws -> String {
        var reason = ""
        for address in metadataURLs(of: issuer.issuer) {
            guard let bytes = try? await get(address, issuer: issuer, bytesMax: metadataBytesMax) else {
                reason = "The issuer's metadata cannot be fetched."
                continue
            }
            guard let root = try? JSONDocument(parsing: bytes).root, let keys = root["jwks_uri"]?.string,
                root["issuer"]?.stringEquals(issuer.issuer) == true
            else {
                reason = "The issuer's metadata names another issuer, or no keys."
                continue
            }
            return keys
        }
        throw IssuerKeys.Unavailable(reason: reason)
    }

    /// Where metadata may be: RFC 8414 puts the well-known name before the issuer's path, OpenID Connect after it.
    static func metadataURLs(of issuer: String) -> [String] {
        guard let parts = URLComponents(string: issuer), let origin = origin(of: issuer) else { return [] }
        let path =
            parts.percentEncodedPath.hasSuffix("/")
            ? String(parts.percentEncodedPath.dropLast()) : parts.percentEncodedPath
        return [
            "\(origin)/.well-known/oauth-authorization-server\(path)",
            "\(origin)\(path)/.well-known/openid-configuration",
        ]
    }

    /// Scheme, host and port of an address that may be asked, else nil.
    static func origin(of address: String) -> String? {
        guard let parts = URLComponents(string: address), let host = parts.percentEncodedHost, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        let isLoopback = ["127.0.0.1", "localhost", "[::1]"].contains(host)
        guard parts.scheme == "https" || parts.scheme == "http" && isLoopback else { return nil }
        return "\(parts.scheme ?? "https")://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }

    private static func get(_ address: String, issuer: TokenIssuer, bytesMax: Int) async throws -> [UInt8] {
        guard let origin = origin(of: address), address.hasPrefix(origin) else {
            throw IssuerKeys.Unavailable(reason: "The issuer names an address that is not HTTPS.")
        }
        let client = try HTTPSClient(base: origin, rootsFile: issuer.rootsFile)
        let result: Result<HTTPReply, any Error>
        do {
            result = .success(
                try await client.send(
                    "GET", String(address.dropFirst(origin.count)), headers: [("accept", "application/json")],
                    bodyBytesMax: bytesMax, timeoutSeconds: timeoutSeconds))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        guard case .success(let reply) = result, reply.status == 200 else {
            throw IssuerKeys.Unavailable(reason: "The issuer's keys cannot be fetched.")
        }
        return reply.body
    }
}
