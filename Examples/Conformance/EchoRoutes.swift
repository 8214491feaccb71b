import Crypto
import Nestbox

extension Router {
    mutating func addEchoRoutes() {
        any("/echo", Echo.init)
        any("/echo/{rest...}", Echo.init)
    }
}

/// A request as the framework understood it.
private struct Echo: Encodable, ResponseConvertible {
    var method: String
    var path: String
    var rawPath: String?
    var scriptName: String
    var queryString: String
    var query: [[String]]
    var headers: [[String]]
    var cookies: [[String]]
    var contentType: String?
    var form: [[String]] = []
    var files: [String] = []
    var json: SessionValue?
    var bodySize: Int
    var bodySHA256: String
    var params: [String: String]
    var scheme: String
    var host: String?
    var remoteAddr: String?

    init(_ request: Request) async throws {
        method = request.method.rawValue
        path = request.path
        rawPath = request.target?.prefix { $0 != "?" }.description
        scriptName = request.basePath
        queryString = request.queryString
        query = try request.query.map { [$0.name, $0.value] }
        headers = request.headers.map { [$0.name.canonicalName, $0.value] }
        cookies = request.cookies.map { [$0.name, $0.value] }
        contentType = request.contentType
        params = Dictionary(request.parameters.map { ($0.name, $0.value) }) { $1 }
        scheme = request.scheme
        host = request.host
        remoteAddr = request.remoteAddress

        let body = try await request.body.collect()
        bodySize = body.count
        bodySHA256 = SHA256.hexadecimal(of: body)
        var copy = request
        copy.body = RequestBody(body)
        if request.hasJSONBody { json = try await copy.decode(SessionValue.self) }
        if request.hasFormBody { form = try await copy.form().map { [$0.name, $0.value] } }
    }

    func response(to request: Request) throws -> Response { try .json(self) }
}
