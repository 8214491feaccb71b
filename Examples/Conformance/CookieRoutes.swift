import Nestbox
import NestboxTesting

extension Router {
    mutating func addCookieRoutes() {
        post("/cookies/set") { request in
            var response = try Response.json(["ok": true])
            for description in try await request.decode(CookieDescriptions.self).cookies {
                do {
                    response.setCookie(try description.cookie())
                } catch {
                    throw badRequest(error)
                }
            }
            return response
        }
        post("/cookies/delete") { request in
            let description = try await request.decode(CookieDescription.self)
            var response = try Response.json(["ok": true])
            do {
                response.setCookie(
                    try .deletion(name: description.name, path: description.path ?? "/", domain: description.domain))
            } catch {
                throw badRequest(error)
            }
            return response
        }
        post("/cookies/jar") { request in
            let exchange = try await request.decode(CookieExchange.self)
            guard let source = CookieJar.Location(url: exchange.setUrl),
                let target = CookieJar.Location(url: exchange.sendUrl)
            else { throw HTTPError(.badRequest) }
            var jar = CookieJar()
            for line in exchange.setCookies { jar.store(line.text, from: source) }
            return try Response.json(["cookie": jar.fieldValue(for: target) ?? ""])
        }
        post("/cookies/parse-set-cookie") { request in
            guard let cookie = SetCookie(parsing: try await request.decode([String: String].self)["line"] ?? "") else {
                throw HTTPError(.badRequest)
            }
            let attributes = cookie.attributes.map { ($0.name.lowercased(), $0.value) }
            return try Response.json(
                ParsedCookie(
                    name: cookie.name, value: cookie.value, attrs: Dictionary(attributes) { $1 }))
        }
    }
}

/// Cookies that one URL sets and another may be sent.
private struct CookieExchange: Decodable {
    var setUrl: String
    var setCookies: [Line]
    var sendUrl: String

    /// A field value, as text or, when it is none, as `{"b64": …}`.
    struct Line: Decodable {
        var text: String

        private enum Key: CodingKey {
            case b64
        }

        init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: Key.self) {
                text = String(decoding: try container.decode(Base64.self, forKey: .b64).bytes, as: UTF8.self)
            } else {
                text = try decoder.singleValueContainer().decode(String.self)
            }
        }
    }
}

private struct ParsedCookie: Encodable {
    var name: String
    var value: String
    var attrs: [String: String]
}

private struct CookieDescriptions: Decodable {
    var cookies: [CookieDescription]
}

private struct CookieDescription: Decodable {
    var name: String
    var value: String?
    var path: String?
    var domain: String?
    var maxAge: Int?
    var expires: Int64?
    var secure: Bool?
    var httpOnly: Bool?
    var sameSite: String?
    var partitioned: Bool?

    func cookie() throws(CookieError) -> Cookie {
        try Cookie(
            name: name, value: value ?? "", path: path ?? "/", domain: domain, maxAge: maxAge,
            expires: expires.map(HTTPDate.init), secure: secure ?? false, httpOnly: httpOnly ?? false,
            sameSite: sameSite.flatMap(Cookie.SameSite.init) ?? .unspecified, partitioned: partitioned ?? false)
    }
}
