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
    var files: [File] = []
    var json: SessionValue?
    var bodySize: Int
    var bodySHA256: String?
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

        var request = request
        if let length = request.body.length, request.contentType?.lowercased().hasPrefix("multipart/") == true {
            // Read below, while it comes.
            bodySize = length
        } else {
            let body = try await request.body.collect()
            bodySize = body.count
            bodySHA256 = SHA256.hexadecimal(of: body)
            request.body = RequestBody(body)
        }
        if request.hasJSONBody { json = try await request.decode(SessionValue.self) }
        if request.hasFormBody {
            let read = try await request.form()
            form = read.compactMap { field in field.text.map { [field.name, $0] } }
            for file in read.files { files.append(try await File(file)) }
        }
    }

    func response(to request: Request) throws -> Response { try .json(self) }
}

/// A file of a multipart form.
private struct File: Encodable {
    var name: String
    var filename: String
    var contentType: String?
    var size: Int
    var sha256: String

    init(_ file: UploadedFile) async throws {
        name = file.name
        filename = file.filename
        contentType = file.contentType
        var hash = SHA256()
        var count = 0
        for try await chunk in file {
            count += chunk.count
            hash.update(data: chunk)
        }
        size = count
        sha256 = hash.finalize().hexadecimal
    }
}
