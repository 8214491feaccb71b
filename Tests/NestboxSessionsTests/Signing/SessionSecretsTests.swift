import NestboxSessions
import Testing

@Suite("secrets")
struct SessionSecretsTests {
    /// Whether both sign alike and read the same tokens, which is all that shows of their order.
    private func expectSame(_ secrets: SessionSecrets?, _ list: [String], _ why: Comment? = nil) throws {
        #expect(secrets == (try SessionSecrets(list)), why)
    }

    @Test("there is at least one and none is empty")
    func none() {
        #expect { try SessionSecrets([]) } throws: { ($0 as? SessionSecretsError)?.code == .missing }
        #expect { try SessionSecrets(["a", ""]) } throws: { ($0 as? SessionSecretsError)?.code == .empty }
    }

    @Test("the shortest is counted in bytes")
    func weakest() throws {
        #expect(try SessionSecrets(["LOREM_IPSUM", "0123456789abcdef0123456789abcdef"]).weakest == 11)
        #expect(try SessionSecrets(["0123456789abcdef0123456789abcdef", "ключ"]).weakest == 8)
        #expect(SessionSecrets.random().weakest == 64)
        #expect(SessionSecrets.random() != .random())
    }

    @Test("variables are ordered by number, the one without a number first")
    func numericOrder() throws {
        let environment = [
            "APP_SECRET_10": "ten", "APP_SECRET_9": "nine", "APP_SECRET": "none", "APP_SECRET2": "two",
            "APPSECRET_11": "eleven", "APPSECRET3": "three", "APP_SECRET_0": "zero", "APP_SECRET_007": "seven",
            "APP_SECRET_99999999999999999999999999": "large", "PATH": "/bin",
        ]
        try expectSame(
            try SessionSecrets(environment: environment),
            ["none", "zero", "two", "three", "seven", "nine", "ten", "eleven", "large"])
    }

    @Test(
        "names that only begin alike are left alone",
        arguments: [
            "APP_SECRET_FILE", "APP_SECRET_", "APP_SECRET__1", "APP_SECRET_1a", "APP_SECRET-1", "APP_SECRET 1",
            "APP_SECRET_+1", "APP_SECRET_٣", "MY_APP_SECRET", "app_secret", "APP_SECRETS", "AP_PSECRET", "",
        ])
    func otherNames(name: String) throws {
        #expect(try SessionSecrets(environment: [name: "value"]) == nil)
    }

    @Test("no variables are no secrets")
    func noVariables() throws {
        #expect(try SessionSecrets(environment: [:]) == nil)
    }

    @Test("another prefix takes the place of APP_SECRET")
    func prefix() throws {
        let environment = ["SHOP_KEY_2": "two", "SHOPKEY1": "one", "APP_SECRET": "no"]
        try expectSame(try SessionSecrets(environment: environment, prefix: "SHOP_KEY"), ["one", "two"])
    }

    @Test("an empty variable, or two with one number, stop the start and are named")
    func refused() {
        #expect {
            try SessionSecrets(environment: ["APP_SECRET_1": "a-secret", "APP_SECRET_2": ""])
        } throws: {
            guard let error = $0 as? SessionSecretsError else { return false }
            return error.code == .empty && error.description.contains("APP_SECRET_2")
                && !error.description.contains("a-secret")
        }
        #expect {
            try SessionSecrets(environment: ["APP_SECRET_1": "a-secret", "APPSECRET01": "b-secret"])
        } throws: {
            guard let error = $0 as? SessionSecretsError else { return false }
            return error.code == .ambiguous && error.description.contains("APP_SECRET_1")
                && error.description.contains("APPSECRET01") && !error.description.contains("-secret")
        }
    }

    @Test("printing shows how many there are and nothing else")
    func description() throws {
        let secrets = try SessionSecrets(["hush", "hush-hush"])
        #expect("\(secrets)" == "SessionSecrets(2)")
        var text = ""
        dump(secrets, to: &text)
        #expect(text == "- SessionSecrets(2)\n")
        #expect("\(secrets.keys(for: .csrf, cookieName: "c", applicationID: "a"))" == "SessionKeys(2)")
    }

    /// Made with another implementation of HKDF.
    static let derived: [(SessionKeyPurpose, String)] = [
        (.sessionSignature, "8d03f9075fb1940904b267512dabbd091dd435bb9dd4d0d49f1069a080fc72c5"),
        (.sessionEncryption, "5c3a4c4617c5ec8f43d7558264db2a72e441c8c64946bc329b9c3c532c2e586e"),
        (.idMAC, "5a16aa053d156c11b1704393491d41fd6afcf8d718fce04693ee9cbe888cac13"),
        (.fileSealing, "053a39018fb446f9afb154c517bb8cba21252a6bf5466eed7e339613f88186fe"),
        (.csrf, "431805c369923ec22e6a39ef873dc77d0a89fe0bf705cd5cbcfc97f367201778"),
        (.logTag, "3c2616b299bce04e99b964a7261d122f5edd9893a7d0e09979de870060ceb017"),
    ]

    @Test("keys are derived for each purpose as described", arguments: derived)
    func keys(purpose: SessionKeyPurpose, key: String) throws {
        let secrets = try SessionSecrets(["old", "0123456789abcdef0123456789abcdef"])
        let keys = secrets.keys(for: purpose, cookieName: "session", applicationID: "shop")
        #expect(keys.newest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == key)
        #expect(keys.newestFirst.count == 2)
        #expect(keys.newestFirst.first == keys.newest)
        // Without lengths these would be derived alike.
        #expect(
            secrets.keys(for: purpose, cookieName: "a", applicationID: "bc").newest
                != secrets.keys(for: purpose, cookieName: "ab", applicationID: "c").newest)
    }
}
