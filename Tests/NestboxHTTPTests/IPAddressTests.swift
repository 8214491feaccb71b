import NestboxHTTP
import Testing

@Suite("IP addresses and networks", .timeLimit(.minutes(1)))
struct IPAddressTests {
    static let addresses: [(String, String)] = [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::", "::"),
    ]

    @Test("are read, and an IPv4-mapped address is the IPv4 address", arguments: addresses)
    func reading(text: String, description: String) {
        #expect(IPAddress(text)?.description == description)
    }

    @Test(
        "of other forms are none",
        arguments: [
            "", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", " 1.2.3.4", "1.2.3.4 ", "[::1]",
            "1.2.3.4:80",
            "fe80::1%eth0", "::g", "1.2.3.4\0", "10.0.0.1\0.evil", "unix:", String(repeating: "1", count: 10_000),
        ])
    func invalid(text: String) {
        #expect(IPAddress(text) == nil)
    }

    static let networks: [(String, String, Bool)] = [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.9.9.9/8", "10.0.0.1", true),
        ("192.0.2.0/25", "192.0.2.127", true), ("192.0.2.0/25", "192.0.2.128", false), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "::1", true), ("::/0", "127.0.0.1", false), ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("::1", "::1", true), ("::1/127", "::", true),
    ]

    @Test("of a network have the same first bits", arguments: networks)
    func contains(network: String, address: String, isInside: Bool) throws {
        #expect(try IPNetwork(network).contains(#require(IPAddress(address))) == isInside)
    }

    @Test(
        "that are no network are refused, naming them",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "ten/8",
            "10.0.0.0/ 8",
        ])
    func invalidNetworks(text: String) {
        let error = #expect(throws: InvalidAddressError.self) { try IPNetwork(text) }
        #expect(error?.description.contains("'\(text)'") == true)
    }
}
