import Cryptography
import LedgerAccess
import LedgerModel
import LedgerRuntime
import Testing

@testable import NodeEngine

/// Where a client that trusts a set of any age has to set its feet.
struct HeaderPathTests {
    static func set(_ byte: UInt8) -> Digest { SHA256.hash([byte]) }

    /// Sets 1, 2, 1 again, 3: from heights 0, 10, 20, 21.
    static let terms = [(0, 1), (10, 2), (20, 1), (21, 3)].map {
        ValidatorTerm(first: Height(UInt64($0)), hash: set(UInt8($1)))
    }

    static func path(_ wanted: [UInt64], from trusted: UInt8?) throws(LedgerAccessFailure) -> HeaderPath {
        try HeaderPath(terms: terms, wanted: wanted.map { Height($0) }, trusted: trusted.map { set($0) })
    }

    @Test func `every set's first and last height is a bound, once`() {
        #expect(HeaderPath.bounds(of: Self.terms) == [1, 9, 10, 19, 20, 21])
        #expect(HeaderPath.bounds(of: [Self.terms[0]]) == [1])
        #expect(HeaderPath.bounds(of: []) == [])
        // A set that counts from the second height on, and one for a single height at the beginning.
        let early = [(0, 1), (2, 2), (3, 3)].map { ValidatorTerm(first: Height(UInt64($0)), hash: Self.set(UInt8($1))) }
        #expect(HeaderPath.bounds(of: early) == [1, 2, 3])
    }

    @Test func `without a trusted set the path begins with what is wanted`() throws {
        let path = try Self.path([30, 5, 30], from: nil)
        #expect(path.start == 5 && path.wanted == [30] && path.stones == [9, 10, 19, 20, 21, 30])
    }

    @Test func `it begins with what is wanted where that is of the trusted set`() throws {
        for (set, height) in [(UInt8(1), UInt64(3)), (2, 10), (2, 19), (1, 20), (3, 21), (3, 1_000)] {
            let path = try Self.path([height], from: set)
            #expect(path.start == height && path.wanted.isEmpty && path.stones.isEmpty, "\(set), \(height)")
        }
    }

    @Test func `else it begins with the trusted set's last header, of its newest term that is early enough`() throws {
        #expect(try Self.path([12], from: 1).start == 9)
        #expect(try Self.path([40], from: 1).start == 20)
        #expect(try Self.path([40], from: 2).start == 19)
        let path = try Self.path([12, 40], from: 1)
        #expect(path.start == 9 && path.wanted == [12, 40] && path.stones == [10, 12, 19, 20, 21, 40])
    }

    @Test func `a set that never counted, or only later, leads nowhere`() {
        #expect(throws: LedgerAccessFailure.unknownTrustedSet(first: nil)) { try Self.path([12], from: 9) }
        #expect(throws: LedgerAccessFailure.unknownTrustedSet(first: Height(21))) { try Self.path([12], from: 3) }
        #expect(throws: LedgerAccessFailure.unknownTrustedSet(first: Height(10))) { try Self.path([9, 30], from: 2) }
        #expect(throws: LedgerAccessFailure.notFound("no height was asked for")) { try Self.path([], from: nil) }
    }
}
