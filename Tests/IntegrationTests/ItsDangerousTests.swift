import NestboxSessions
import Testing

extension Integration {
    @Suite(
        "itsdangerous and BlackSheep",
        .enabled(if: PythonTokens.areInstalled, "`scripts/python.sh` installs them, as `make test` does"))
    struct ItsDangerousTests {
        /// One way to make and read tokens, in both languages.
        struct Configuration: Sendable {
            var kind: String
            var secrets = ["an old secret", "секрет ☃"]
            var salt: String?
            var derivation: ItsDangerousSigner.KeyDerivation?
            var digest: ItsDangerousSigner.Digest?

            var isSigner: Bool { kind.hasSuffix("Signer") }
            var isTimed: Bool { ["TimestampSigner", "TimedSerializer", "URLSafeTimedSerializer"].contains(kind) }

            func question(_ action: PythonTokens.Question.Action, secrets: [String]? = nil) -> PythonTokens.Question {
                .init(
                    action: action, kind: kind, secrets: secrets ?? self.secrets, salt: salt,
                    derivation: derivation?.rawValue, digest: digest?.rawValue)
            }

            func make(_ text: String, at time: Int64) throws -> String {
                if isSigner {
                    let signer = try signer()
                    return isTimed ? signer.sign(text, at: time) : signer.sign(text)
                }
                let serializer = try serializer()
                return isTimed ? serializer.dumps(Array(text.utf8), at: time) : serializer.dumps(Array(text.utf8))
            }

            func read(_ token: String) throws -> (text: String, time: Int64?) {
                if isSigner {
                    return isTimed ? try signer().unsign(token, within: nil) : (try signer().unsign(token), nil)
                }
                if isTimed {
                    let (json, time) = try serializer().loads(token, within: nil)
                    return (String(decoding: json, as: UTF8.self), time)
                }
                return (String(decoding: try serializer().loads(token), as: UTF8.self), nil)
            }

            private func signer() throws -> ItsDangerousSigner {
                ItsDangerousSigner(
                    secrets: try SessionSecrets(secrets), salt: salt ?? "itsdangerous.Signer",
                    keyDerivation: derivation ?? .djangoConcat, digest: digest ?? .sha1)
            }

            private func serializer() throws -> ItsDangerousSerializer {
                ItsDangerousSerializer(
                    secrets: try SessionSecrets(secrets), salt: salt ?? "itsdangerous",
                    keyDerivation: derivation ?? .djangoConcat, digest: digest ?? .sha1,
                    encoding: kind.hasPrefix("URLSafe") ? .urlSafe : .plain)
            }
        }

        static let configurations: [Configuration] = {
            let kinds = [
                "Signer", "TimestampSigner", "Serializer", "TimedSerializer", "URLSafeSerializer",
                "URLSafeTimedSerializer",
            ]
            let salts = [nil, "cookie-session", "", "соль"]
            var configurations = kinds.map { Configuration(kind: $0) }
            configurations.append(Configuration(kind: "URLSafeTimedSerializer", secrets: ["LOREM_IPSUM"]))
            for kind in kinds {
                for (index, derivation) in ItsDangerousSigner.KeyDerivation.allCases.enumerated() {
                    for digest in ItsDangerousSigner.Digest.allCases {
                        configurations.append(
                            Configuration(kind: kind, salt: salts[index], derivation: derivation, digest: digest))
                    }
                }
            }
            return configurations
        }()

        /// JSON, and the same as Python writes it compactly.
        static let values: [(json: String, python: String)] = [
            (#"{"foo":"Some value"}"#, #"{"foo":"Some value"}"#), ("null", "null"), ("-7", "-7"), ("1.5", "1.5"),
            (#""a.b.c""#, #""a.b.c""#), ("{}", "{}"), (#"{"a":{"b":[1,true,null]}}"#, #"{"a":{"b":[1,true,null]}}"#),
            (#"{"name":"Zoë ☃"}"#, #"{"name":"Zo\u00eb \u2603"}"#), (#""🔑""#, #""\ud83d\udd11""#),
            (
                #"{"long":""# + String(repeating: "Lorem ipsum ", count: 100) + #""}"#,
                #"{"long":""# + String(repeating: "Lorem ipsum ", count: 100) + #""}"#
            ),
        ]

        private let time: Int64 = 1_700_000_000

        @Test("what Python makes, Swift reads")
        func pythonMakes() throws {
            let cases = Self.configurations.flatMap { configuration in Self.values.map { (configuration, $0) } }
            let answers = try PythonTokens.ask(
                cases.map { configuration, value in
                    var question = configuration.question(.make)
                    question.text = value.json
                    question.time = time
                    return question
                })
            #expect(answers.count == cases.count)
            for ((configuration, value), answer) in zip(cases, answers) {
                let token = try #require(answer.token)
                let text = try #require(configuration.isSigner ? value.json : answer.text)
                let (read, readTime) = try configuration.read(token)
                #expect(read == text, "\(configuration)")
                #expect(readTime == (configuration.isTimed ? time : nil))
                // Two versions of zlib may compress differently.
                if !token.hasPrefix(".") { #expect(try configuration.make(text, at: time) == token) }
            }
        }

        @Test("what Swift makes, Python reads")
        func swiftMakes() throws {
            let cases = Self.configurations.flatMap { configuration in Self.values.map { (configuration, $0) } }
            let answers = try PythonTokens.ask(
                cases.map { configuration, value in
                    var question = configuration.question(.read)
                    question.token = try configuration.make(value.json, at: time)
                    return question
                })
            #expect(answers.count == cases.count)
            for ((configuration, value), answer) in zip(cases, answers) {
                #expect(answer.error == nil, "\(configuration)")
                #expect(answer.text == (configuration.isSigner ? value.json : value.python), "\(configuration)")
                #expect(answer.time == (configuration.isTimed ? time : nil))
            }
        }

        @Test("both take the last secret to sign and any to verify, and refuse the same")
        func rotation() throws {
            let configuration = Configuration(kind: "URLSafeTimedSerializer")
            let lists = [["a"], ["b"], ["a", "b"], ["b", "a"], ["c", "b", "a"]]
            let pairs = lists.flatMap { makers in lists.map { (makers, $0) } }
            func swift(_ secrets: [String]) -> Configuration {
                Configuration(kind: configuration.kind, secrets: secrets)
            }
            let answers = try PythonTokens.ask(
                pairs.map { makers, readers in
                    var question = configuration.question(.read, secrets: readers)
                    question.token = try swift(makers).make("{}", at: time)
                    return question
                })
            for ((makers, readers), answer) in zip(pairs, answers) {
                let isReadable = readers.contains { $0 == makers.last }
                #expect(answer.error == (isReadable ? nil : "bad_signature"), "\(makers) \(readers)")
                let token = try swift(makers).make("{}", at: time)
                #expect((try? swift(readers).read(token))?.text == (isReadable ? "{}" : nil))
            }
        }

        @Test("both agree on the second in which a token expires")
        func expiry() throws {
            let serializer = ItsDangerousSerializer(secrets: try SessionSecrets(["k"]))
            let token = serializer.dumps(Array("{}".utf8), at: time)
            let cases = [(0, 0), (0, 1), (60, 60), (60, 61), (60, -1), (0, -1), (60, 59), (-1, 0)] as [(Int64, Int64)]
            let answers = try PythonTokens.ask(
                cases.map { maxAge, age in
                    .init(action: .read, secrets: ["k"], token: token, time: time + age, maxAge: maxAge)
                })
            for ((maxAge, age), answer) in zip(cases, answers) {
                var error: String?
                do {
                    _ = try serializer.loads(token, within: .init(maxAge, now: time + age))
                } catch ItsDangerousError.expired {
                    error = "expired"
                }
                #expect(answer.error == error, "maxAge \(maxAge), age \(age)")
            }
        }

        /// Sessions as handlers fill them, as BlackSheep writes them.
        static let sessions = [
            "{}", #"{"foo":"Some value"}"#, #"{"count":3}"#, #"{"lorem":"ipsum ✨"}"#,
            #"{"nested":{"list":["a",1,2.5,true,null]}}"#, #"{"slashes":"???>>>~~~"}"#,
            #"{"text":""# + String(repeating: "Lorem ipsum dolor ", count: 60) + #""}"#,
        ]

        @Test("Swift reads the sessions that BlackSheep's middleware sets")
        func blackSheepWrites() throws {
            let answers = try PythonTokens.ask(
                Self.sessions.map { .init(action: .session, secrets: ["LOREM_IPSUM"], text: $0) })
            let signer = ItsDangerousSessionSigner(secrets: try SessionSecrets(["LOREM_IPSUM"]))
            for (session, answer) in zip(Self.sessions, answers) {
                let token = try #require(answer.token)
                let read = try #require(signer.verify(token), "\(session)")
                #expect(String(decoding: read.payload, as: UTF8.self) == session)
                #expect(read.time > time)
            }
        }

        @Test("BlackSheep's middleware reads the sessions that Swift writes")
        func blackSheepReads() throws {
            let signer = ItsDangerousSessionSigner(
                secrets: try SessionSecrets(["LOREM_IPSUM"]), compatibility: .blackSheep)
            let answers = try PythonTokens.ask(
                Self.sessions.map {
                    .init(
                        action: .session, secrets: ["LOREM_IPSUM"], token: try signer.sign(Array($0.utf8), at: time))
                })
            for (session, answer) in zip(Self.sessions, answers) {
                #expect(answer.text == session)
                #expect(answer.token == nil, "nothing was changed")
            }
        }

        @Test("a session goes from Swift to BlackSheep, is changed there, and comes back, with SHA-256 and new secrets")
        func thereAndBack() throws {
            let signer = ItsDangerousSessionSigner(
                secrets: try SessionSecrets(["old", "new"]), salt: "shop", signature: .sha256,
                compatibility: .blackSheep)
            let answer = try #require(
                try PythonTokens.ask([
                    .init(
                        action: .session, secrets: ["old", "new"], salt: "shop", digest: "sha256", text: #"{"b":2}"#,
                        token: try signer.sign(Array(#"{"a":1}"#.utf8), at: time))
                ]).first)
            #expect(answer.text == #"{"a":1}"#)
            let token = try #require(answer.token)
            let session = try #require(signer.verify(token))
            #expect(String(decoding: session.payload, as: UTF8.self) == #"{"a":1,"b":2}"#)
        }

        @Test("BlackSheep refuses a session of Swift's that is changed or too old, as Swift does")
        func refusals() throws {
            let secrets = try SessionSecrets(["LOREM_IPSUM"])
            let signer = ItsDangerousSessionSigner(secrets: secrets, compatibility: .blackSheep)
            let token = try signer.sign(Array(#"{"foo":1}"#.utf8), at: time)
            let changed = token.replacing("Im", with: "In", maxReplacements: 1)
            let answers = try PythonTokens.ask([
                .init(action: .session, secrets: ["LOREM_IPSUM"], token: changed),
                .init(action: .session, secrets: ["LOREM_IPSUM"], token: token, maxAge: 3600),
                .init(action: .session, secrets: ["another"], token: token),
            ])
            #expect(answers.map(\.text) == ["{}", "{}", "{}"])
            #expect(signer.verify(changed) == nil)
        }
    }
}
