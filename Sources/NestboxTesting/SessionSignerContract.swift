public import NestboxSessions

/// What may be expected of whoever makes the tokens of sessions in cookies, as checks for any ``SessionSigner``.
///
///     @Test("keeps the contract", arguments: SessionSignerContract.checks)
///     func contract(check: SessionSignerContract.Check) throws {
///         try check.run(AEADSessionSigner(secrets: secrets), other: AEADSessionSigner(secrets: otherSecrets))
///     }
public enum SessionSignerContract {
    /// One expectation.
    public struct Check: Sendable, CustomStringConvertible {
        /// The expectation in a sentence.
        public let description: String
        private let body: @Sendable (any SessionSigner, any SessionSigner) throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (any SessionSigner, any SessionSigner) throws -> Void) {
            self.description = description
            self.body = body
        }

        /// Holds a signer to the expectation.
        /// - Parameters:
        ///   - signer: The signer.
        ///   - other: One with other secrets.
        /// - Throws: ``SessionStoreContract/Violation``, or what the signer throws.
        public func run(_ signer: any SessionSigner, other: any SessionSigner) throws { try body(signer, other) }
    }

    /// Payloads as the stores have them: objects in JSON.
    static let payloads: [[UInt8]] = [
        "{}", #"{"user":"ada"}"#, #"{"text":"ü✨漢字 \u0000 \" ; ,"}"#,
        #"{"long":""# + String(repeating: "abcdefgh", count: 300) + #""}"#,
    ].map { Array($0.utf8) }

    private static let time: Int64 = 1_700_000_000

    /// All checks.
    public static let checks: [Check] = [
        Check("what was signed is verified, with the time") { signer, _ in
            for payload in payloads {
                for time in [1, time, 4_000_000_000] {
                    let found = signer.verify(try signer.sign(payload, at: time))
                    try SessionStoreContract.expect(
                        found?.payload == payload, "a payload of \(payload.count) bytes came back otherwise")
                    try SessionStoreContract.expect(
                        found?.time == time, "the time \(time) came back as \(found?.time ?? -1)")
                }
            }
        },
        Check("a token is made of what a cookie's value may hold") { signer, _ in
            for payload in payloads {
                let token = try signer.sign(payload, at: time)
                let isPlain = token.utf8.allSatisfy { byte in
                    byte > 0x20 && byte < 0x7F && !#"",;\%"#.utf8.contains(byte)
                }
                try SessionStoreContract.expect(isPlain, "a token holds something that a cookie may not")
            }
        },
        Check("a token of others is none") { signer, other in
            for payload in payloads {
                try SessionStoreContract.expect(
                    signer.verify(try other.sign(payload, at: time)) == nil, "a foreign token was verified")
            }
        },
        Check("a token that was changed in one character is none") { signer, _ in
            let token = Array(try signer.sign(payloads[1], at: time).utf8)
            for index in token.indices {
                for replacement in Array("Aa0-_.".utf8) where replacement != token[index] {
                    var changed = token
                    changed[index] = replacement
                    let text = String(decoding: changed, as: UTF8.self)
                    try SessionStoreContract.expect(
                        signer.verify(text) == nil, "a token with another character at \(index) was verified")
                }
            }
        },
        Check("a token that was cut off, or has more, is none") { signer, _ in
            let token = try signer.sign(payloads[1], at: time)
            for count in 0..<token.utf8.count {
                try SessionStoreContract.expect(
                    signer.verify(String(token.prefix(count))) == nil, "\(count) characters were verified")
            }
            for more in ["A", "=", ".", " ", "\u{0}", token] {
                try SessionStoreContract.expect(
                    signer.verify(token + more) == nil, "a token with \(more.debugDescription) was verified")
                try SessionStoreContract.expect(
                    signer.verify(more + token) == nil, "a token behind \(more.debugDescription) was verified")
            }
        },
        Check("anything else is none") { signer, _ in
            let texts = ["", ".", "..", "...", "%", "é", "\u{0}", "a.b.c", String(repeating: "A", count: 100_000)]
            for text in texts {
                try SessionStoreContract.expect(
                    signer.verify(text) == nil, "\(text.prefix(20).debugDescription) was verified")
            }
        },
    ]
}
