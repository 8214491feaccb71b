import Glibc
import Nestbox

/// What a handler throws in these routes.
///
/// No client may see it.
struct SecretDetail: Error, CustomStringConvertible {
    var description: String { "SECRET-DETAIL" }
}

extension Router {
    mutating func addResponseRoutes() {
        post("/respond") { request in try await request.decode(ResponseDescription.self).response() }
        get("/status/{code}") { request in
            let code = try request.parameters.require("code", as: Int.self)
            guard (200...599).contains(code) else { throw HTTPError(.badRequest) }
            return Response.text("status \(code)", status: .init(code: code))
        }
        get("/redirect") { request in
            let query = try request.query
            guard let code = Int(query["code"] ?? "302"), (100...999).contains(code) else {
                throw HTTPError(.badRequest)
            }
            do {
                return try Response.redirect(to: query["to"] ?? "", status: .init(code: code))
            } catch {
                throw badRequest(error)
            }
        }
        get("/size/{n}") { request in
            let count = try request.parameters.require("n", as: Int.self)
            guard (0...(64 << 20)).contains(count) else { throw HTTPError(.badRequest) }
            return Response.bytes([UInt8](repeating: UInt8(ascii: "x"), count: count))
        }
        get("/stream/{n}") { request in
            let count = try request.parameters.require("n", as: Int.self)
            guard (0...1_000_000).contains(count) else { throw HTTPError(.badRequest) }
            return Response.stream(type: "text/plain") { body in
                for index in 0..<count { try await body.write("chunk \(index)\n") }
            }
        }
        get("/sleep/{ms}") { request in
            let milliseconds = try request.parameters.require("ms", as: Int.self)
            try await Task.sleep(for: .milliseconds(max(0, min(5000, milliseconds))))
            return "slept\n"
        }
        get("/stderr") { request in
            let query = try request.query
            let text = Array((query["text"] ?? "").utf8)
            for _ in 0..<min(Int(query["repeat"] ?? "1") ?? 1, 10_000) { write(STDERR_FILENO, text, text.count) }
            return "ok"
        }
        get("/error") { _ -> String in throw SecretDetail() }
        get("/error-after-start") { _ in
            // Buffered, nginx passes on what there was before it breaks off.
            Response.stream(type: "text/plain", buffered: true) { body in
                try await body.write("started\n")
                throw SecretDetail()
            }
        }
        post("/discard") { _ in "discarded\n" }
    }
}

private struct ResponseDescription: Decodable {
    var status: Int
    var headers: [[String]]?
    var body: String?
    var bodyB64: Base64?
    var chunks: [String]?
    var `repeat`: Repetition?

    struct Repetition: Decodable {
        var text: String
        var count: Int
    }

    func response() throws -> Response {
        guard (200...599).contains(status) else { throw HTTPError(.badRequest, "\(status) is no status of a response") }
        var response = Response(status: .init(code: status), body: content)
        for header in headers ?? [] {
            guard header.count == 2 else { throw HTTPError(.badRequest) }
            do {
                try response.addHeader(header[0], header[1])
            } catch {
                throw badRequest(error)
            }
        }
        return response
    }

    private var content: ResponseBody {
        if let chunks {
            return .stream { body in
                for chunk in chunks { try await body.write(chunk) }
            }
        }
        if let bodyB64 { return .bytes(bodyB64.bytes) }
        if let `repeat` {
            return .string(String(repeating: `repeat`.text, count: max(0, min(`repeat`.count, 1 << 24))))
        }
        return .string(body ?? "")
    }
}
