import HTTPTypes
import NestboxHTTP
import Testing

@Suite("the hosts that requests may be for", .timeLimit(.minutes(1)))
struct AllowedHostsTests {
    private static func status(
        _ variables: KeyValuePairs<String, String>, _ hosts: [String]?, proxies: [String] = []
    ) throws -> Int? {
        let settings = RequestSettings.test(
            trustedProxies: try TrustedProxies(proxies), allowedHosts: try hosts.map { try AllowedHosts($0) } ?? .any)
        let variables = CGIVariables([("REQUEST_METHOD", "GET")] + variables.map { ($0.key, $0.value) })
        return RequestHead(variables: variables, settings: settings).refusal?.status.code
    }

    static let lists: [([String], String, Bool)] = [
        (["example.org"], "example.org", true), (["example.org"], "EXAMPLE.ORG:8080", true),
        (["example.org"], "example.org.", true), (["Example.org."], "example.org", true),
        (["example.org"], "www.example.org", false), (["example.org"], "example.org.evil.test", false),
        (["example.org"], "evilexample.org", false), (["example.org"], "org", false),
        ([".example.org"], "example.org", true), ([".example.org"], "www.example.org", true),
        ([".example.org"], "a.b.example.org.", true), ([".example.org"], "evilexample.org", false),
        ([".example.org"], "org", false), (["a.test", "b.test"], "b.test", true),
        (["a.test", "b.test"], "c.test", false),
        (["192.0.2.1"], "192.0.2.1:81", true), (["192.0.2.1"], "192.0.2.2", false), (["::1"], "[::1]:81", true),
        (["[::1]"], "[0:0::1]", true), (["::1"], "[::2]", false), (["localhost"], "127.0.0.1", false),
    ]

    @Test("are those of the list, whatever their port", arguments: lists)
    func listed(hosts: [String], host: String, isAllowed: Bool) throws {
        #expect(try Self.status(["HTTP_HOST": host], hosts) == (isAllowed ? nil : 421))
    }

    @Test(
        "are all of them without a list, if they are hosts", arguments: ["a b", "a,b", "<x>", "a.test/x", "a@b", "a:x"])
    func malformed(host: String) throws {
        #expect(try Self.status(["HTTP_HOST": host], nil) == 400)
        #expect(try Self.status(["HTTP_HOST": host], ["example.org"]) == 400)
        #expect(try Self.status(["HTTP_HOST": "example.org"], nil) == nil)
    }

    @Test("may be left out by the client, for then no link is made of one; the web server's name counts")
    func none() throws {
        #expect(try Self.status([:], ["example.org"]) == nil)
        #expect(try Self.status(["HTTP_HOST": "", "SERVER_NAME": "_"], ["example.org"]) == nil)
        #expect(try Self.status(["SERVER_NAME": "example.org"], ["example.org"]) == nil)
        #expect(try Self.status(["SERVER_NAME": "evil.test"], ["example.org"]) == 421)
    }

    @Test("are what a trusted proxy reports, and not what anybody else does")
    func proxies() throws {
        let variables: KeyValuePairs<String, String> = [
            "REMOTE_ADDR": "10.0.0.1", "HTTP_HOST": "inner", "HTTP_X_FORWARDED_HOST": "example.org",
        ]
        #expect(try Self.status(variables, ["example.org"], proxies: ["10.0.0.1"]) == nil)
        #expect(try Self.status(variables, ["example.org"]) == 421)
        #expect(try Self.status(variables, ["inner"], proxies: ["10.0.0.1"]) == 421)
        #expect(try Self.status(variables, ["inner"]) == nil)
        for forged in ["evil.test, example.org", "evil.test,example.org:1"] {
            let list: KeyValuePairs = ["REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_HOST": forged]
            #expect(try Self.status(list, ["example.org"], proxies: ["10.0.0.1"]) == nil)
        }
        for bad in ["a b", "<x>", "example.org/x"] {
            let list: KeyValuePairs = ["REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_HOST": bad]
            #expect(try Self.status(list, nil, proxies: ["10.0.0.1"]) == 400)
            #expect(try Self.status(list, nil) == nil)
        }
    }

    @Test(
        "are names and addresses",
        arguments: [
            [], [""], ["."], ["*"], ["*.example.org"], ["example.org:80"], ["example.org:"], ["a", "b c"],
            [".192.0.2.1"], [".::1"], ["http://a"], ["a/b"],
        ] as [[String]])
    func mistakes(hosts: [String]) {
        #expect(throws: InvalidHostError.self) { try AllowedHosts(hosts) }
    }
}
