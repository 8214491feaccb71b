import HTTPTypes
import NestboxHTTP

/// What is shown of a request where its author reads it, which is nothing that could be used in a visitor's name.
enum Redaction {
    /// Words in the names of header fields and of parameters whose values are left out.
    private static let secrets = [
        "auth", "cookie", "credential", "csrf", "jwt", "key", "nonce", "otp", "pass", "pwd", "secret", "session",
        "signature", "token",
    ]
    /// Names that are too short to look for within others.
    private static let secretNames: Set<String> = ["code", "pin", "sid", "state"]

    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretNames.contains(name) || secrets.contains { name.contains($0) }
    }

    /// The fields of a request's header.
    static func headers(of request: Request) -> [(name: String, value: String)] {
        request.headers.map { field in
            let name = field.name.canonicalName
            let value =
                switch name {
                case "cookie": request.cookies.map { "\($0.name)=…" }.joined(separator: "; ")
                case "authorization": "\(field.value.prefix { $0 != " " }) …"
                // Its query is another page's.
                case "referer": field.value.contains("?") ? "\(field.value.prefix { $0 != "?" })?…" : field.value
                default: isSecret(name) ? "…" : field.value
                }
            return (name, shortened(value))
        }
    }

    /// The pairs of a request's query.
    static func query(of request: Request) -> [(name: String, value: String)] {
        guard let query = try? request.query else { return [] }
        return query.prefix(100).map { ($0.name, isSecret($0.name) ? "…" : shortened($0.value)) }
    }

    /// A text that ends with `…` after so many characters.
    static func shortened(_ text: String, to count: Int = 1000) -> String {
        let start = text.prefix(count)
        return start.endIndex == text.endIndex ? text : "\(start)…"
    }
}
