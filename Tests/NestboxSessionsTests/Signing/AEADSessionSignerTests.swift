import NestboxSessions
import Testing

@Suite("encrypted sessions")
struct AEADSessionSignerTests {
    private static let payload = Array(#"{"foo":"Some value"}"#.utf8)
    private static let time: Int64 = 1_700_000_000
    /// Made with another implementation of HMAC and AES-GCM, with the bytes 0 to 31 as salt.
    private static let golden =
        "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fKuJI6MWlb7o1AvVWPiIZiDJGcV82w7qd647hNq5bC_HIJzcCwo7Kbm-2uQAk8SDL"

    private let secrets: SessionSecrets
    private let signer: AEADSessionSigner

    init() throws {
        secrets = try SessionSecrets(["0123456789abcdef0123456789abcdef"])
        signer = AEADSessionSigner(secrets: secrets, applicationID: "shop")
    }

    @Test("reads a token that was made by the description of the format")
    func format() throws {
        let session = try #require(signer.verify(Self.golden))
        #expect(session.payload == Self.payload)
        #expect(session.time == Self.time)
    }

    @Test("what it encrypts it reads", arguments: [0, 1, 19, 20, 21, 31, 32, 33, 52, 1_000, 70_000])
    func roundTrip(count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for time in [Int64.min, -1, 0, Self.time, .max] {
            let session = try #require(signer.verify(try signer.sign(payload, at: time)))
            #expect(session.payload == payload)
            #expect(session.time == time)
        }
    }

    @Test("the length of a token tells the payload's to 32 bytes only")
    func padding() throws {
        let lengths = try (0...52).map { try signer.sign([UInt8](repeating: 1, count: $0), at: 0).utf8.count }
        #expect(lengths[...20].allSatisfy { $0 == 108 })
        #expect(lengths[21...].allSatisfy { $0 == 151 })
    }

    @Test("no two tokens are alike")
    func fresh() throws {
        #expect(Set(try (0..<100).map { _ in try signer.sign(Self.payload, at: Self.time) }).count == 100)
    }

    @Test("nothing of the payload shows")
    func secrecy() throws {
        let token = try signer.sign([UInt8](repeating: 0x41, count: 300), at: Self.time)
        #expect(!token.contains("QUFBQUFBQUFB"))
    }

    @Test("a bit that is changed anywhere makes it no session")
    func bitFlips() {
        let token = Array(Self.golden.utf8)
        for index in token.indices {
            for bit in 0..<8 {
                var changed = token
                changed[index] ^= 1 << bit
                #expect(signer.verify(String(decoding: changed, as: UTF8.self)) == nil)
            }
        }
    }

    @Test("a token cut short or with something behind it is no session")
    func lengths() {
        for count in 0..<Self.golden.utf8.count { #expect(signer.verify(String(Self.golden.prefix(count))) == nil) }
        for tail in ["A", "AA", "AAA", "AAAA", "=", ".", " ", "\n", String(repeating: "A", count: 128)] {
            #expect(signer.verify(Self.golden + tail) == nil)
        }
        #expect(signer.verify(" " + Self.golden) == nil)
    }

    /// Encrypted by someone who has the secret: 64 bytes of plaintext that say another length of the session.
    private static let inconsistent = [
        "KuJI6MWlb7o1AvV3PiIZiDJGcV82w7qd647hNq5bC_FR-dnefXXad-8dw0c_9fzUXyP3Kr_j9nAT4MT8hAZ4IlVrhAcJf0u5lwj3QwC8jvE",
        "KuJI6MWlb7rK_Qq9PiIZiDJGcV82w7qd647hNq5bC_FR-dnefXXad-8dw0c_9fzUXyP3Kr_j9nAT4MT8hAZ4IniENMlVlERU3mq7by2J_7Y",
        "KuJI6MWlb7o1AvVCPiIZiDJGcV82w7qd647hNq5bC_FR-dnefXXad-8dw0c_9fzUXyP3Kr_j9nAT4MT8hAZ4IumVsgw1AAbNoGzs-twJEy0",
    ]

    @Test("a length inside that is not that of the payload is no session", arguments: inconsistent)
    func innerLength(rest: String) {
        let head = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
        #expect(signer.verify(head + rest) == nil)
    }

    @Test("a token of another cookie, application or secret is no session")
    func foreign() throws {
        let token = try signer.sign(Self.payload, at: Self.time)
        #expect(AEADSessionSigner(secrets: secrets, cookieName: "other", applicationID: "shop").verify(token) == nil)
        #expect(AEADSessionSigner(secrets: secrets, applicationID: "forum").verify(token) == nil)
        #expect(AEADSessionSigner(secrets: secrets, cookieName: "sessions", applicationID: "hop").verify(token) == nil)
        #expect(AEADSessionSigner(secrets: .random(), applicationID: "shop").verify(token) == nil)
        #expect(signer.verify(try ItsDangerousSessionSigner(secrets: secrets).sign(Self.payload, at: 1)) == nil)
        #expect(ItsDangerousSessionSigner(secrets: secrets).verify(token) == nil)
    }

    @Test("the last secret encrypts and all of them decrypt")
    func rotation() throws {
        let old = AEADSessionSigner(secrets: try SessionSecrets(["one"]))
        let new = AEADSessionSigner(secrets: try SessionSecrets(["three"]))
        let all = AEADSessionSigner(secrets: try SessionSecrets(["one", "two", "three"]))
        #expect(all.verify(try old.sign(Self.payload, at: 7))?.payload == Self.payload)
        #expect(new.verify(try all.sign(Self.payload, at: 7))?.payload == Self.payload)
        #expect(old.verify(try all.sign(Self.payload, at: 7)) == nil)
    }

    @Test("printing shows nothing of the keys")
    func description() {
        var text = "\(signer)"
        dump(signer, to: &text)
        #expect(!text.contains("0123456789abcdef"))
        #expect(text.contains("KeyedHMAC") && !text.contains("HMAC<"))
    }
}
