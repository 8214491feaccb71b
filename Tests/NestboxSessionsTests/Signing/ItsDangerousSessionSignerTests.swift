import NestboxSessions
import Testing

@Suite("signed sessions")
struct ItsDangerousSessionSignerTests {
    private static let object = Array(#"{"foo":"Some value"}"#.utf8)
    private static let time: Int64 = 1_700_000_000
    private static let flat = "eyJmb28iOiJTb21lIHZhbHVlIn0.ZVPxAA.JUUshZI9PlYjM_BUO7dRtsHFwjA"
    private static let blackSheep =
        "ImV5Sm1iMjhpT2lKVGIyMWxJSFpoYkhWbEluMD0i.ZVPxAA.4N91w0e1YS52OQ013NRIKYNimxE"

    private let secrets: SessionSecrets

    init() throws {
        secrets = try SessionSecrets(["LOREM_IPSUM"])
    }

    @Test("writes the tokens of itsdangerous, BlackSheep and Flask byte by byte")
    func golden() throws {
        let flat = ItsDangerousSessionSigner(secrets: secrets)
        #expect(try flat.sign(Self.object, at: Self.time) == Self.flat)
        let blackSheep = ItsDangerousSessionSigner(secrets: secrets, compatibility: .blackSheep)
        #expect(try blackSheep.sign(Self.object, at: Self.time) == Self.blackSheep)
        let long = Array((#"{"a":""# + String(repeating: "x", count: 200) + #""}"#).utf8)
        #expect(
            try flat.sign(long, at: Self.time) == ".eJyrVkpUslKqGCZAqRYAvw9f3A.ZVPxAA.f8Viuki_SELvDDAMUsAD29mjEh8")
        let flask = ItsDangerousSessionSigner(
            secrets: try SessionSecrets(["secret"]), salt: "cookie-session", keyDerivation: .hmac)
        #expect(
            try flask.sign(Array(#"{"foo":1}"#.utf8), at: Self.time)
                == "eyJmb28iOjF9.ZVPxAA.GQJ2yMWAUHX-7lclHbuHVgOGg8U")
    }

    @Test("reads both shapes, whichever it writes", arguments: [flat, blackSheep])
    func bothShapes(token: String) throws {
        for compatibility in [ItsDangerousSessionSigner.Compatibility.flat, .blackSheep] {
            let session = try #require(
                ItsDangerousSessionSigner(secrets: secrets, compatibility: compatibility).verify(token))
            #expect(session.payload == Self.object)
            #expect(session.time == Self.time)
        }
    }

    @Test(
        "any other JSON is no session",
        arguments: [
            "", "1", "null", "true", "[]", "[{}]", #"" ""#, #""""#, "\"", #""e30""#, #""e30=" "#, #" "e30=""#,
            #""e30=\n""#, #""e31=""#, #""W10=""#, #""bnVsbA==""#, #""e30=e30=""#, #""====""#, #""-_-_""#, "\u{FEFF}{}",
        ])
    func otherJSON(json: String) throws {
        let token = ItsDangerousSerializer(secrets: secrets).dumps(Array(json.utf8), at: Self.time)
        #expect(ItsDangerousSessionSigner(secrets: secrets).verify(token) == nil)
    }

    @Test("what is no object is not signed", arguments: ["", "[]", "1", " {}"])
    func noObject(json: String) {
        let signer = ItsDangerousSessionSigner(secrets: secrets)
        #expect {
            try signer.sign(Array(json.utf8), at: 1)
        } throws: { ($0 as? SessionStoreError)?.code == .invalidValue }
    }

    @Test("a changed character anywhere is no session", arguments: [flat, blackSheep])
    func changes(token: String) {
        let signer = ItsDangerousSessionSigner(secrets: secrets)
        let bytes = Array(token.utf8)
        for index in bytes.indices {
            for digit in "AZaz09-_.= ".utf8 where digit != bytes[index] {
                var changed = bytes
                changed[index] = digit
                #expect(signer.verify(String(decoding: changed, as: UTF8.self)) == nil)
            }
            #expect(signer.verify(String(decoding: bytes[..<index], as: UTF8.self)) == nil)
        }
    }

    @Test("a session of the future is read as well: its age is for the store to judge")
    func future() throws {
        let signer = ItsDangerousSessionSigner(secrets: secrets)
        #expect(signer.verify(try signer.sign(Self.object, at: 4_102_444_800))?.time == 4_102_444_800)
    }

    @Test("every signature and every secret works", arguments: ItsDangerousSigner.Digest.allCases)
    func options(signature: ItsDangerousSigner.Digest) throws {
        let old = ItsDangerousSessionSigner(secrets: try SessionSecrets(["a"]), salt: "s", signature: signature)
        let both = ItsDangerousSessionSigner(secrets: try SessionSecrets(["a", "b"]), salt: "s", signature: signature)
        #expect(both.verify(try old.sign(Self.object, at: 5))?.payload == Self.object)
        #expect(old.verify(try both.sign(Self.object, at: 5)) == nil)
    }
}
