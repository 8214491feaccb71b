import FoundationEssentials
import Glibc
import Nestbox

extension Router {
    mutating func addTokenRoutes() {
        post("/tokens/loads") { request in
            let question = try await request.decode(TokenQuestion.self)
            let serializer = try question.makeSerializer()
            return try answer {
                if question.isTimed {
                    let (json, time) = try serializer.loads(question.token ?? "", within: question.limit)
                    return ["payload": try SessionValue(signed: json), "timestamp": .int(time)]
                }
                return ["payload": try SessionValue(signed: serializer.loads(question.token ?? ""))]
            }
        }
        post("/tokens/dumps") { request in
            let question = try await request.decode(TokenQuestion.self)
            let serializer = try question.makeSerializer()
            let json = try question.payloadBytes
            let token = question.isTimed ? serializer.dumps(json, at: question.time) : serializer.dumps(json)
            return try Response.json(["token": token])
        }
        post("/tokens/unsign") { request in
            let question = try await request.decode(TokenQuestion.self)
            let signer = try question.makeSigner()
            return try answer {
                if question.isTimed {
                    let (text, time) = try signer.unsign(question.token ?? "", within: question.limit)
                    return ["value": .string(text), "timestamp": .int(time)]
                }
                return ["value": .string(try signer.unsign(question.token ?? ""))]
            }
        }
        post("/tokens/session-loads") { request in
            let question = try await request.decode(TokenQuestion.self)
            let signer = ItsDangerousSessionSigner(secrets: try question.secrets(), compatibility: .blackSheep)
            return try answer {
                guard let (json, time) = signer.verify(question.token ?? "") else {
                    throw ItsDangerousError.badSignature
                }
                if let limit = question.limit, !limit.allows(time) { throw ItsDangerousError.expired }
                return ["payload": try SessionValue(signed: json)]
            }
        }
        post("/tokens/session-dumps") { request in
            let question = try await request.decode(TokenQuestion.self)
            let signer = ItsDangerousSessionSigner(secrets: try question.secrets(), compatibility: .blackSheep)
            do {
                return try Response.json(["token": signer.sign(try question.payloadBytes, at: question.time)])
            } catch {
                throw badRequest(error)
            }
        }
        post("/tokens/fernet-decrypt") { _ -> Response in throw HTTPError(.notImplemented) }
    }
}

/// What became of a token, as JSON.
private func answer(_ read: () throws -> [String: SessionValue]) throws -> Response {
    do {
        return try .json(try read().merging(["ok": .bool(true)]) { $1 })
    } catch let error as ItsDangerousError {
        let name =
            switch error {
            case .badSignature: "bad_signature"
            case .expired: "expired"
            case .badPayload: "bad_payload"
            }
        return try .json(["ok": .bool(false), "error": .string(name)] as [String: SessionValue])
    }
}

extension SessionValue {
    /// The JSON of a token.
    fileprivate init(signed bytes: [UInt8]) throws(ItsDangerousError) {
        guard let value = try? JSONDecoder().decode(SessionValue.self, from: Data(bytes)) else { throw .badPayload }
        self = value
    }
}

/// A token and how it is to be read, or a payload and how a token of it is to be made.
private struct TokenQuestion: Decodable {
    var serializer: String?
    var secretKeys: [String]
    var salt: String?
    var keyDerivation: String?
    var digestMethod: String?
    var token: String?
    var payload: SessionValue?
    var timestamp: Int64?
    var maxAge: Int64?

    var isTimed: Bool { ["TimedSerializer", "URLSafeTimedSerializer", "TimestampSigner"].contains(serializer ?? "") }

    var time: Int64 { timestamp ?? now }

    var limit: ItsDangerousSigner.AgeLimit? { maxAge.map { .init($0, now: now) } }

    private var now: Int64 { Int64(Glibc.time(nil)) }

    var payloadBytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(payload ?? .null))
        }
    }

    func secrets() throws -> SessionSecrets {
        do {
            return try SessionSecrets(secretKeys)
        } catch {
            throw badRequest(error)
        }
    }

    func makeSigner() throws -> ItsDangerousSigner {
        guard ["Signer", "TimestampSigner"].contains(serializer ?? "") else { throw HTTPError(.notImplemented) }
        let (derivation, digest) = try options()
        return ItsDangerousSigner(
            secrets: try secrets(), salt: salt ?? "itsdangerous.Signer", keyDerivation: derivation, digest: digest)
    }

    func makeSerializer() throws -> ItsDangerousSerializer {
        let encodings: [String: ItsDangerousSerializer.Encoding] = [
            "URLSafeSerializer": .urlSafe, "URLSafeTimedSerializer": .urlSafe,
            "Serializer": .plain, "TimedSerializer": .plain,
        ]
        guard let encoding = encodings[serializer ?? ""] else { throw HTTPError(.notImplemented) }
        let (derivation, digest) = try options()
        return ItsDangerousSerializer(
            secrets: try secrets(), salt: salt ?? "itsdangerous", keyDerivation: derivation, digest: digest,
            encoding: encoding)
    }

    private func options() throws -> (ItsDangerousSigner.KeyDerivation, ItsDangerousSigner.Digest) {
        guard let derivation = ItsDangerousSigner.KeyDerivation(rawValue: keyDerivation ?? "django-concat"),
            let digest = ItsDangerousSigner.Digest(rawValue: digestMethod ?? "sha1")
        else { throw HTTPError(.notImplemented) }
        return (derivation, digest)
    }
}
