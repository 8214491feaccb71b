import NestboxSessions
import Testing

@Suite("itsdangerous: signed texts")
struct ItsDangerousSignerTests {
    /// Made by itsdangerous 2.2.0: the text `v`, the secret `secret`, the salt `s`, the time 1700000000.
    static let golden: [(ItsDangerousSigner.KeyDerivation, ItsDangerousSigner.Digest, String)] = [
        (.concat, .sha1, "AzFi4DP_r_1cnh5nxQ2n0loMDQQ"),
        (.concat, .sha256, "i6SJVO7oPj-Pmoy2uB0X1EPTf3kx7iGHE7E2A0X1A8s"),
        (.concat, .sha512, "tO5FGY249XljO9ReoC60Pu9iC7nEpoGI-PEBFYUW7kcpMfnUpvanIdhWuy5SNaB7hADEkiHIfDiYIkp_LSDQlQ"),
        (.djangoConcat, .sha1, "BZbcMvfJw9ZyTDt4EK7NKLyoJ2I"),
        (.djangoConcat, .sha256, "-D3lyU97TiUQChvO6V4Sfz8n6xd16seHkT8xgf6C6kw"),
        (
            .djangoConcat, .sha512,
            "Wb2-sUSB39Cb6wCtK95XCDYByynIDhg3nuSoLwnyFih68JcDVm-vMyo2ArHvth6jjH8-liJCmjIzgnQk4Ds7-Q"
        ),
        (.hmac, .sha1, "y0sHOGbmKdQCEFVY9R6QP52IHmM"),
        (.hmac, .sha256, "mQazuRKV2dJABuAepQxocIKmiQU79-lkshxHesu_G7I"),
        (.hmac, .sha512, "jiUPOAX2S-QzBXO07ojVbmDDDKR4jGCg4vmOt63o_RSo3LYD3HXnQhzQDKQbAminbsiRSp-gJ_j2XHvizpp1JQ"),
        (.none, .sha1, "AANDbW2aAKxxYBAIIUT3PF6WI08"),
        (.none, .sha256, "7ySYhsdRr5xBxu8Rv_qo9QD43lraJ4LM-hmkt-Wr33E"),
        (.none, .sha512, "DvvF6UdXXc9FN6Tl5GNCtdi9LB-keIPgFjKo7wC7521PdwON6Kg_LXRwb9QFg6TRTAGjUXQlvWmHJu_SPj0PdQ"),
    ]

    private let signer: ItsDangerousSigner
    private let time: Int64 = 1_700_000_000

    init() throws {
        signer = ItsDangerousSigner(secrets: try SessionSecrets(["secret-key"]))
    }

    @Test("every derivation and digest makes the token that Python makes, and reads it", arguments: golden)
    func derivations(
        derivation: ItsDangerousSigner.KeyDerivation, digest: ItsDangerousSigner.Digest, signature: String
    ) throws {
        let signer = ItsDangerousSigner(
            secrets: try SessionSecrets(["secret"]), salt: "s", keyDerivation: derivation, digest: digest)
        #expect(signer.sign("v", at: time) == "v.ZVPxAA.\(signature)")
        #expect(try signer.unsign("v.ZVPxAA.\(signature)", within: nil) == ("v", time))
    }

    @Test("the defaults are those of Signer and TimestampSigner")
    func defaults() throws {
        #expect(signer.sign("my string") == "my string.wh6tMHxLgJqB6oY1uT73iMlyrOA")
        let renewed = ItsDangerousSigner(secrets: try SessionSecrets(["old", "new"]))
        #expect(renewed.sign("value", at: time) == "value.ZVPxAA.x7tuUy1gp8213lVZjyNiIc_TMjQ")
    }

    @Test("any text comes back as it was", arguments: ["", ".", "a.b.c", "Zoë ☃ 🔑", "\u{0}\n", "x=1&y=2"])
    func texts(text: String) throws {
        #expect(try signer.unsign(signer.sign(text)) == text)
        #expect(try signer.unsign(signer.sign(text, at: time), within: nil) == (text, time))
    }

    @Test(
        "what is no token has a bad signature",
        arguments: [
            "", ".", "..", "...", "value", "value.", ".wh6tMHxLgJqB6oY1uT73iMlyrOA",
            " my string.wh6tMHxLgJqB6oY1uT73iMlyrOA", "my string.wh6tMHxLgJqB6oY1uT73iMlyrOA ",
            "my string.wh6tMHxLgJqB6oY1uT73iMlyrOA\n", "my string.wh6tMHxLgJqB6oY1uT73iMlyrOA=",
            "my string.wh6tMHxLgJqB6oY1uT73iMlyrOAA", "my string.wh6tMHxLgJqB6oY1uT73iMlyrO",
            "my string.éwh6tMHxLgJqB6oY1uT73iMlyrOA", "my string.wh6t MHxLgJqB6oY1uT73iMlyrOA",
            "my string%2Ewh6tMHxLgJqB6oY1uT73iMlyrOA", "my string.wh6tMHxLgJqB6oY1uT73iMlyrOA.",
            // The last digit has two bits too many: these are zero in the signature and one here.
            "my string.wh6tMHxLgJqB6oY1uT73iMlyrOB",
        ])
    func malformed(token: String) {
        #expect(throws: ItsDangerousError.badSignature) { try signer.unsign(token) }
        #expect(throws: ItsDangerousError.badSignature) { try signer.unsign(token, within: nil) }
    }

    @Test("a bit that is changed anywhere makes it a bad signature")
    func bitFlips() {
        let token = Array(signer.sign("a text", at: time).utf8)
        for index in token.indices {
            for bit in 0..<7 {
                var changed = token
                changed[index] ^= 1 << bit
                #expect(throws: ItsDangerousError.badSignature) {
                    try signer.unsign(String(decoding: changed, as: UTF8.self), within: nil)
                }
            }
        }
    }

    @Test("the last secret signs and all of them verify")
    func rotation() throws {
        let old = ItsDangerousSigner(secrets: try SessionSecrets(["one"]))
        let new = ItsDangerousSigner(secrets: try SessionSecrets(["three"]))
        let all = ItsDangerousSigner(secrets: try SessionSecrets(["one", "two", "three"]))
        #expect(try all.unsign(old.sign("v")) == "v")
        #expect(all.sign("v") == new.sign("v"))
        #expect(throws: ItsDangerousError.badSignature) { try old.unsign(all.sign("v")) }
    }

    @Test("another salt, derivation or digest is another signature")
    func options() throws {
        let secrets = try SessionSecrets(["secret-key"])
        let token = signer.sign("v")
        for other in [
            ItsDangerousSigner(secrets: secrets, salt: "other"),
            ItsDangerousSigner(secrets: secrets, keyDerivation: .hmac),
            ItsDangerousSigner(secrets: secrets, digest: .sha256),
        ] {
            #expect(throws: ItsDangerousError.badSignature) { try other.unsign(token) }
        }
    }

    @Test(
        "a signed time that itsdangerous does not write is a bad signature",
        arguments: [
            "v", "v.", "v.AA", "v.AAE", "v.ZVPxAA=", "v.ZVPxAB", "v.Z", "v.ZVPx AA", "v.é",
            // Eight bytes above Int64.max, and nine bytes.
            "v.__________8", "v.AQAAAAAAAAAA",
        ])
    func badTimes(text: String) {
        #expect(throws: ItsDangerousError.badSignature) { try signer.unsign(signer.sign(text), within: nil) }
    }

    @Test("every time since 1970 comes back, one before is the first second", arguments: [-5, 0, 1, 255, 256, .max])
    func times(time: Int64) throws {
        #expect(try signer.unsign(signer.sign("v", at: time), within: nil).time == max(1, time))
    }

    @Test("a token is good up to its age limit and not a second longer, nor before its time")
    func ages() throws {
        let token = signer.sign("v", at: 1_000)
        for (now, tolerance, isGood) in [
            (1_000, 0, true), (1_060, 0, true), (1_061, 0, false), (999, 0, false), (999, 1, true), (940, 60, true),
            (939, 60, false), (999, -1, false), (Int64.min, 0, false), (.min, .max, false), (.max, 0, false),
        ] as [(Int64, Int64, Bool)] {
            let limit = ItsDangerousSigner.AgeLimit(60, now: now, tolerance: tolerance)
            #expect((try? signer.unsign(token, within: limit))?.text == (isGood ? "v" : nil), "at \(now)")
        }
        #expect(throws: ItsDangerousError.expired) { try signer.unsign(token, within: .init(60, now: 1_061)) }
    }

    @Test("printing shows nothing of the keys")
    func description() throws {
        var text = "\(signer)"
        dump(signer, to: &text)
        #expect(!text.contains("secret-key"))
        #expect(text.contains("KeyedHMAC") && !text.contains("HMAC<"))
    }
}
