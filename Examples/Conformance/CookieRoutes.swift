import Nestbox

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
    }
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
