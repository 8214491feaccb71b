import FoundationEssentials
import HTTPTypes

/// How an error is written down: as the client's `Accept` field likes it.
package enum ErrorFormat: String, Sendable {
    case text = "text/plain"
    case html = "text/html"
    case json = "application/json"

    /// The format for a request: HTML for browsers, JSON for those who ask for it or have sent some, else text.
    package init(for request: Request) {
        let offers: [ErrorFormat] = request.hasJSONBody ? [.json, .text, .html] : [.text, .html, .json]
        self = request.preferredMediaType(of: offers.map(\.rawValue)).flatMap(ErrorFormat.init) ?? .text
    }
}

extension ErrorFormat {
    /// What visitors are told of an error, which is nothing of its cause.
    func response(_ error: HTTPError, to request: Request) -> Response {
        let name = error.status.code >= 500 ? request.id : nil
        switch self {
        case .text:
            let fields = error.fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
            return .text("\(error.message)\(name.map { " (request \($0))" } ?? "")\n\(fields)")
        case .html: return ErrorPage(error, request).response
        case .json:
            let content = ErrorContent(
                error: error.message, fields: error.fields.isEmpty ? nil : error.fields, request: name)
            // Texts can always be encoded.
            return (try? .json(content)) ?? .text("\(error.message)\n")
        }
    }
}

/// An error as JSON.
private struct ErrorContent: Encodable {
    var error: String
    var fields: [String: String]?
    var request: String?
}
