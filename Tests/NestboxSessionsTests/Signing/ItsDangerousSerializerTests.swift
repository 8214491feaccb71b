import NestboxSessions
import Testing

@Suite("itsdangerous: signed JSON")
struct ItsDangerousSerializerTests {
    private let secrets: SessionSecrets
    private let serializer: ItsDangerousSerializer

    init() throws {
        secrets = try SessionSecrets(["k"])
        serializer = ItsDangerousSerializer(secrets: secrets)
    }

    /// A token with a true signature of any payload.
    private func signed(_ payload: String) -> String {
        ItsDangerousSigner(secrets: secrets, salt: "itsdangerous").sign(payload)
    }

    @Test("plain tokens are those of Serializer and TimedSerializer")
    func plain() throws {
        let plain = ItsDangerousSerializer(secrets: secrets, encoding: .plain)
        #expect(plain.dumps(Array(#"{"a": 1}"#.utf8)) == #"{"a": 1}.nTIaUAbMLQHealLZfpxj96RySQ0"#)
        #expect(plain.dumps(Array("[1, 2]".utf8), at: 1_700_000_000) == "[1, 2].ZVPxAA.TglCqEdRwIuHG2cEVuoJwM8R5eo")
        #expect(try plain.loads(#"{"a": 1}.nTIaUAbMLQHealLZfpxj96RySQ0"#) == Array(#"{"a": 1}"#.utf8))
        #expect(throws: Never.self) { try plain.loads(plain.dumps([0xFF])) }
    }

    @Test("long JSON is compressed, as URLSafeSerializer does it")
    func compressed() throws {
        let json = Array((#"{"a":""# + String(repeating: "x", count: 200) + #""}"#).utf8)
        let token = ".eJyrVkpUslKqGCZAqRYAvw9f3A.e44ytlR4vxu3dZS2vbousO6zmbg"
        #expect(serializer.dumps(json) == token)
        #expect(try serializer.loads(token) == json)
    }

    @Test("JSON is compressed only when that saves two bytes")
    func threshold() throws {
        // Thirteen equal bytes take eleven compressed, twelve take eleven as well.
        #expect(serializer.dumps(Array("1111111111111".utf8)).hasPrefix("."))
        #expect(!serializer.dumps(Array("111111111111".utf8)).hasPrefix("."))
    }

    @Test(
        "a signed payload that cannot be read is a bad payload",
        arguments: [
            "A", "AB", "e30=", "e3 0", "e30\n", "é", "eyJ", ".", ".A", ".e30", "..",
            // Cut short, followed by another byte, with a wrong checksum, and a preset dictionary.
            ".eJyrVkpUslKqGCZAqRYAvw9f", ".eJyrVkpUslKqGCZAqRYAvw9f3AA", ".eJyrVkpUslKqGCZAqRYAvw9f3Q",
            ".eLsAAAABqxUAAA",
        ])
    func badPayload(payload: String) {
        #expect(throws: ItsDangerousError.badPayload) { try serializer.loads(signed(payload)) }
    }

    @Test("an empty payload is empty JSON and an empty token none")
    func empty() throws {
        #expect(try serializer.loads(signed("")) == [])
        #expect(try serializer.loads(serializer.dumps([])) == [])
        #expect(throws: ItsDangerousError.badSignature) { try serializer.loads("") }
    }

    @Test("inflating stops at the limit", arguments: [1, 1_024, 65_536])
    func bombs(limit: Int) throws {
        let exact = serializer.dumps([UInt8](repeating: 0x20, count: max(limit, 64)))
        let over = serializer.dumps([UInt8](repeating: 0x20, count: max(limit, 64) + 1))
        let bomb = serializer.dumps([UInt8](repeating: 0x20, count: 20_000_000))
        #expect(bomb.utf8.count < 30_000)
        let reader = ItsDangerousSerializer(secrets: secrets, inflationLimit: limit)
        #expect((try? reader.loads(exact)) != nil || limit < 64)
        #expect(throws: ItsDangerousError.badPayload) { try reader.loads(over) }
        #expect(throws: ItsDangerousError.badPayload) { try reader.loads(bomb) }
    }

    @Test("what would inflate is not inflated before its signature is verified")
    func order() {
        var token = serializer.dumps([UInt8](repeating: 0x20, count: 1_000_000))
        token.removeLast()
        #expect(throws: ItsDangerousError.badSignature) { try serializer.loads(token) }
    }

    @Test("an expired token is expired, whatever is in it")
    func expired() {
        let signer = ItsDangerousSigner(secrets: secrets, salt: "itsdangerous")
        #expect(throws: ItsDangerousError.expired) {
            try serializer.loads(signer.sign("A", at: 1_000), within: .init(10, now: 2_000))
        }
    }

    @Test("a token without a time is none with one")
    func missingTime() {
        #expect(throws: ItsDangerousError.badSignature) {
            try serializer.loads(serializer.dumps(Array(#"{"a":1}"#.utf8)), within: nil)
        }
    }

    @Test("tokens that are made at the same time, of long and short JSON, do not mix")
    func atTheSameTime() async throws {
        let texts = (0..<8).map { String(repeating: "\($0) and ", count: 10 << $0) }
        await withTaskGroup(of: Void.self) { group in
            for text in texts {
                group.addTask {
                    for _ in 0..<50 {
                        #expect((try? serializer.loads(serializer.dumps(Array(text.utf8)))) == Array(text.utf8))
                    }
                }
            }
        }
    }

    @Test("bytes of any kind come back as they were")
    func roundTrip() throws {
        for count in 0..<200 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0) }
            #expect(try serializer.loads(serializer.dumps(bytes)) == bytes)
        }
    }
}
