import NestboxHTTP
import Testing

@Suite("trusted proxies", .timeLimit(.minutes(1)))
struct TrustedProxiesTests {
    struct Row: Sendable {
        var trusted: [String]
        var peer: String?
        var forwarded: String?
        var client: String?

        init(_ trusted: [String], from peer: String?, _ forwarded: String?, _ client: String?) {
            (self.trusted, self.peer, self.forwarded, self.client) = (trusted, peer, forwarded, client)
        }
    }

    private func client(_ row: Row) throws -> String? {
        var pairs: [(String, String)] = []
        if let peer = row.peer { pairs.append(("REMOTE_ADDR", peer)) }
        if let forwarded = row.forwarded { pairs.append(("HTTP_X_FORWARDED_FOR", forwarded)) }
        let settings = RequestSettings.test(trustedProxies: try TrustedProxies(row.trusted))
        return Request(head: RequestHead(variables: CGIVariables(pairs), settings: settings), body: .empty)
            .remoteAddress
    }

    @Test("all lines of the field are one list")
    func lines() throws {
        let settings = RequestSettings.test(trustedProxies: try TrustedProxies(Self.private8))
        for (lines, client) in [
            (["203.0.113.9, 198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            (["203.0.113.9", "198.51.100.7", "10.0.0.3", "10.0.0.2"], "198.51.100.7"),
            (["198.51.100.7", ""], "198.51.100.7"), (["", ""], "10.0.0.1"),
        ] {
            let fields = lines.map { ("HTTP_X_FORWARDED_FOR", $0) }
            let head = RequestHead(
                variables: CGIVariables([("REMOTE_ADDR", "10.0.0.1")] + fields), settings: settings)
            #expect(head.remoteAddress == client, "\(lines)")
        }
    }

    static let private8 = ["10.0.0.0/8", "fd00::/8"]
    static let table: [Row] = [
        // Nobody is trusted.
        Row([], from: "10.0.0.1", "192.0.2.9", "10.0.0.1"),
        Row([], from: nil, "192.0.2.9", nil),
        // Somebody else is trusted: the field is spoofed.
        Row(private8, from: "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        Row(private8, from: "192.0.2.1", "10.0.0.1", "192.0.2.1"),
        Row(private8, from: nil, "198.51.100.7", nil),
        // One proxy.
        Row(private8, from: "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        Row(private8, from: "10.0.0.1", nil, "10.0.0.1"),
        Row(private8, from: "10.0.0.1", "", "10.0.0.1"),
        Row(private8, from: "fd00::1", "2001:db8::7", "2001:db8::7"),
        Row(private8, from: "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        // The client wrote the beginning of the list.
        Row(private8, from: "10.0.0.1", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        Row(private8, from: "10.0.0.1", "10.6.6.6, 198.51.100.7", "198.51.100.7"),
        Row(private8, from: "10.0.0.1", "<script>, 198.51.100.7", "198.51.100.7"),
        // With the port that some proxies add.
        Row(private8, from: "10.0.0.1", "198.51.100.7:5060", "198.51.100.7"),
        Row(private8, from: "10.0.0.1", "[2001:db8::7]:5060, 10.0.0.2:1", "2001:db8::7"),
        Row(private8, from: "10.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        Row(private8, from: "10.0.0.1", "[2001:db8::7", "10.0.0.1"),
        Row(private8, from: "10.0.0.1", "[", "10.0.0.1"),
        Row(private8, from: "10.0.0.1", "[2001:db8::7]x", "10.0.0.1"),
        Row(private8, from: "10.0.0.1", "198.51.100.7:x", "10.0.0.1"),
        Row(private8, from: "10.0.0.1", ":", "10.0.0.1"),
        Row(private8, from: "10.0.0.1", "[]:1", "10.0.0.1"),
        // Several proxies.
        Row(private8, from: "10.0.0.1", "198.51.100.7, 10.0.0.3 ,\t10.0.0.2", "198.51.100.7"),
        Row(private8, from: "10.0.0.1", "198.51.100.7,fd00::9,10.0.0.2", "198.51.100.7"),
        Row(private8, from: "10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),
        // No address behind the last proxy that is trusted.
        Row(private8, from: "10.0.0.1", "unknown", "10.0.0.1"),
        Row(private8, from: "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
        Row(private8, from: "10.0.0.1", ", 10.0.0.2", "10.0.0.2"),
        // A web server on a unix socket.
        Row(["unix"], from: "unix:", "198.51.100.7", "198.51.100.7"),
        Row(["unix"], from: nil, "198.51.100.7", "198.51.100.7"),
        Row(["unix"], from: "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        Row(["unix"], from: "fe80::1%eth0", "198.51.100.7", "fe80::1%eth0"),
        Row(private8, from: "unix:", "198.51.100.7", nil),
    ]

    @Test("say who the client is, and nobody else does", arguments: table)
    func clients(row: Row) throws {
        #expect(try client(row) == row.client)
    }

    @Test("cannot be made to name themselves by a long list", arguments: [99, 100, 101, 1000, 20_000])
    func longLists(count: Int) throws {
        let invented = String(repeating: "10.0.0.6,", count: count)
        let row = Row(Self.private8, from: "10.0.0.1", invented + "198.51.100.7", nil)
        #expect(try client(row) == "198.51.100.7")
        // All of them trusted: one that is, and not the peer alone.
        #expect(try client(Row(Self.private8, from: "10.0.0.1", invented + "10.0.0.7", nil)) == "10.0.0.6")
    }

    @Test("are addresses, networks or unix", arguments: ["proxy", "10.0.0.0/40", "", "unix:"])
    func refused(entry: String) {
        let error = #expect(throws: InvalidAddressError.self) { try TrustedProxies(["::1", entry]) }
        #expect(error?.text == entry)
    }
}
