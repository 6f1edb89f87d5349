import Testing

@testable import HTTPClientKit

struct AddressPolicyTests {
    /// The first and the last address of every range that is refused, and one for each way to hide an IPv4 address.
    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.170", "192.0.0.255", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
        "192.168.0.0", "192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "100.100.100.200",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:20::1", "2001:db8::1",
        "2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ffff::1",
    ])
    func `an address that not everybody can call is refused`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressPolicy().permits(address))
        #expect(!AddressPolicy(allowsPlainLoopback: true).permits(address, isPlain: true))
    }

    /// Beside each range that is refused.
    @Test(arguments: [
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::1", "2001:200::1",
        "2001:4860:4860::8888", "2003::1", "2a00::1", "3ffe::1",
    ])
    func `an address that everybody can call is called, and never in the clear`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy().permits(address))
        let everything = AddressPolicy(
            allowed: ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) }, allowsPlainLoopback: true)
        #expect(!everything.permits(address, isPlain: true))
    }

    @Test func `an operator opens ranges, and nothing beside them`() throws {
        let policy = AddressPolicy(
            allowed: ["10.1.0.0/16", "fd12::/16", "127.0.0.1/32"].compactMap { AddressRange($0) })
        for text in ["10.1.0.0", "10.1.255.255", "fd12::1", "127.0.0.1", "8.8.8.8"] {
            #expect(policy.permits(try #require(IPAddress(text))), "\(text)")
        }
        for text in ["10.0.255.255", "10.2.0.0", "fd13::1", "127.0.0.2", "::1", "::ffff:10.1.0.1", "64:ff9b::10.1.0.1"]
        {
            #expect(!policy.permits(try #require(IPAddress(text))), "\(text)")
        }
    }

    @Test func `where clouds hand out credentials nobody can open`() throws {
        let open = AddressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) })
        for text in ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"] {
            #expect(!open.permits(try #require(IPAddress(text))), "\(text)")
        }
        #expect(open.permits(try #require(IPAddress("169.254.169.253"))))
    }

    @Test func `plain HTTP needs loopback, an open range and the operator's word, all three`() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let range = ["127.0.0.0/8", "10.0.0.0/8"].compactMap { AddressRange($0) }
        #expect(AddressPolicy(allowed: range, allowsPlainLoopback: true).permits(loopback, isPlain: true))
        #expect(!AddressPolicy(allowed: range).permits(loopback, isPlain: true))
        #expect(!AddressPolicy(allowsPlainLoopback: true).permits(loopback, isPlain: true))
        let inside = try #require(IPAddress("10.0.0.1"))
        #expect(!AddressPolicy(allowed: range, allowsPlainLoopback: true).permits(inside, isPlain: true))
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.1/8", "10.0.0/8", "::/129",
        "fe80::1/10", "10.0.0.0/8/8", "localhost/8", "", "/8",
    ])
    func `what is no range is refused`(_ text: String) { #expect(AddressRange(text) == nil) }

    @Test(arguments: [
        "127.1", "0x7f.0.0.1", "2130706433", "010.0.0.1", "1.2.3.4.5", "::1%lo", "[::1]", "1:2:3", "localhost", "",
    ])
    func `an address has one spelling`(_ text: String) { #expect(IPAddress(text) == nil) }
}

struct GuardedURLTests {
    @Test(
        arguments: [
            ("ftp://example.com/", AddressPolicy.Refusal.scheme), ("file:///etc/passwd", .malformed),
            ("gopher://example.com:8443/", .scheme), ("//example.com/", .malformed), ("example.com", .malformed),
            ("", .malformed), ("https://", .malformed), ("https:///path", .malformed),
            ("https://user@example.com/", .malformed),
            ("https://user:pass@example.com/", .malformed), ("https://@example.com/", .malformed),
            ("https://example.com/#part", .malformed), ("https://exa mple.com/", .malformed),
            ("https://example.com/\nHost: evil", .malformed), ("https://exam%70le.com/", .malformed),
            ("https://[fe80::1%25eth0]/", .malformed), ("https://example.com\\@evil.example/", .malformed),
            ("https://exämple.com/", .malformed), ("https://example.com:22/", .port),
            ("https://example.com:80/", .port),
            ("https://example.com:0/", .port), ("https://example.com:1023/", .port), ("http://example.com/", .port),
            ("https://example.com:65536/", .port),
        ] as [(String, AddressPolicy.Refusal)])
    func `a URL that is not plainly one of ours is refused`(_ text: String, _ refusal: AddressPolicy.Refusal) {
        let found = #expect(throws: AddressPolicy.Refusal.self) { try GuardedURL(text) }
        // What is no port number at all may be called malformed as well.
        #expect(found == refusal || found == .malformed, "\(text)")
    }

    @Test func `a long URL is refused`() {
        let text = "https://example.com/" + String(repeating: "a", count: GuardedURL.byteCountMax)
        #expect(throws: AddressPolicy.Refusal.malformed) { try GuardedURL(text) }
    }

    @Test(
        arguments: [
            ("https://Example.COM", "https://example.com:443/"),
            ("https://example.com:8443/a/b?c=d&e=%20", "https://example.com:8443/a/b?c=d&e=%20"),
            ("https://[2A00::1]:444/", nil), ("https://[2A00::1]:4443/x", "https://[2a00::1]:4443/x"),
            ("http://127.0.0.1:8080/hook", "http://127.0.0.1:8080/hook"),
        ] as [(String, String?)])
    func `a URL is put together from its checked parts`(_ text: String, _ made: String?) {
        #expect((try? GuardedURL(text))?.text == made)
    }
}
