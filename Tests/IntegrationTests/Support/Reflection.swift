import FoundationEssentials
import NestboxTesting

/// What the program Mirror has seen of a request.
struct Reflection: Decodable {
    var method: String
    var basePath: String
    var path: String
    var rawPath: String
    var query: String
    var url: String?
    var scheme: String
    var host: String?
    var client: String?
    var user: String?
    var fields: [[String]]
    var cookies: [String]
    var bodyCount: Int
    var bodyIsPattern: Bool
    var variables: [[String]]

    init(_ response: HTTPConnection.Response) throws {
        guard response.status == 200 else {
            throw TestingError(.refused, "\(response.status) \(response.text.prefix(300))")
        }
        try self.init(response.body)
    }

    /// Reads the body of a response.
    init(_ body: some Sequence<UInt8>) throws { self = try JSONDecoder().decode(Reflection.self, from: Data(body)) }

    /// The values of a header field.
    subscript(field name: String) -> [String] { fields.filter { $0.first == name }.compactMap(\.last) }

    /// The values of a meta-variable.
    subscript(variable name: String) -> [String] { variables.filter { $0.first == name }.compactMap(\.last) }
}
