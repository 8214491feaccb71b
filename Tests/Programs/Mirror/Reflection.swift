import Nestbox

/// What has become of a request on its way.
struct Reflection: Encodable, ResponseConvertible {
    var method: String
    var basePath: String
    var path: String
    var rawPath: String
    var query: String
    /// The URL of `/x y`.
    var url: String?
    var scheme: String
    var host: String?
    var client: String?
    var user: String?
    var fields: [[String]]
    var cookies: [String]
    /// How many bytes the body had, and whether they were 0 to 255 again and again.
    var bodyCount = 0
    var bodyIsPattern = true
    var variables: [[String]]

    init(_ request: Request) async throws {
        method = request.method.rawValue
        basePath = request.basePath
        path = request.path
        rawPath = request.rawPath
        query = request.queryString
        url = try? request.url(for: "/x y")
        scheme = request.scheme
        host = request.host
        client = request.remoteAddress
        user = request.remoteUser
        fields = request.headers.map { [$0.name.canonicalName, $0.value] }
        cookies = request.cookies.map { "\($0.name)=\($0.value)" }
        variables = request.variables.map { [$0.name, $0.value] }
        for try await chunk in request.body {
            for (offset, byte) in chunk.enumerated() where byte != UInt8(truncatingIfNeeded: bodyCount + offset) {
                bodyIsPattern = false
            }
            bodyCount += chunk.count
        }
    }

    func response(to request: Request) throws -> Response { try .json(self) }
}
