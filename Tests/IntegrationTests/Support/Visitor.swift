import NestboxTesting

/// Someone with a browser that keeps cookies.
struct Visitor: Sendable {
    private(set) var cookies: [String: String] = [:]
    /// All values of cookies that there ever were.
    private(set) var everSet: [String] = []

    init() {}

    /// Someone who has a session cookie already.
    init(session: String) {
        cookies["session"] = session
    }

    /// The value of the session's cookie.
    var session: String? { cookies["session"] }

    /// The header field with all cookies.
    var field: String? {
        let pairs = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return pairs.isEmpty ? nil : pairs.joined(separator: "; ")
    }

    mutating func request(_ method: String, _ target: String, at door: Door) throws -> Door.Answer {
        let answer = try door.request(method, target, cookie: field)
        for cookie in answer.setCookies {
            if cookie[attribute: "max-age"] == "0" {
                cookies[cookie.name] = nil
            } else {
                cookies[cookie.name] = cookie.value
                everSet.append(cookie.value)
            }
        }
        return answer
    }

    mutating func post(_ target: String, at door: Door) throws -> Door.Answer {
        try request("POST", target, at: door)
    }

    /// What the session holds, as the application says.
    mutating func look(at door: Door) throws -> JSON {
        let answer = try request("GET", "/", at: door)
        guard answer.status == 200 else { throw TestingError(.refused, "GET / has status \(answer.status)") }
        return try JSON(parsing: Array(answer.text.utf8))
    }
}
