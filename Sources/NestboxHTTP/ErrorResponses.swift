import HTTPTypes
import Logging

/// A handler returned a response that is none.
private struct InterimStatus: Error, CustomStringConvertible {
    var code: Int
    var description: String { "\(code) is no status of a final response" }
}

/// How errors are answered: what the client sees, and what goes to the log.
public struct ErrorResponses: Sendable {
    private let render: @Sendable (HTTPError, Request) -> Response

    /// Answers errors with responses that `render` makes.
    ///
    ///     ErrorResponses { error, _ in
    ///         (try? .json(["error": error.message], status: error.status)) ?? Response(status: error.status)
    ///     }
    ///
    /// The status and the header fields of the error are added to what it returns.
    public init(_ render: @escaping @Sendable (HTTPError, Request) -> Response) {
        self.render = render
    }

    /// Answers errors with a line of text; those of the server also name the request, by which the log can be searched.
    public static let plain = ErrorResponses { error, request in
        .text(error.status.code < 500 ? "\(error.message)\n" : "\(error.message) (request \(request.id))\n")
    }

    /// Answers a request, whatever happens on the way.
    package func respond(to request: Request, with responder: any Responder) async -> Response {
        do {
            if let refusal = request.head.refusal { throw refusal }
            var response = try await responder.respond(to: request)
            // A CGI response is final: the web server would take an interim status for that.
            guard (200...599).contains(response.status.code) else { throw InterimStatus(code: response.status.code) }
            request.head.change(&response)
            return response
        } catch {
            return response(for: error, to: request)
        }
    }

    /// The response to a request during which an error was thrown.
    ///
    /// A ``ResponseError`` brings its own; an ``HTTPError`` or ``HTTPErrorConvertible`` is rendered; anything else is rendered as a 500 that says
    /// nothing of the cause. The cause of every 5xx is logged with the request's id.
    package func response(for error: any Error, to request: Request) -> Response {
        var response = rendered(error, request)
        request.head.change(&response)
        return response
    }

    private func rendered(_ error: any Error, _ request: Request) -> Response {
        if let error = error as? any ResponseError {
            let response = error.response(to: request)
            if response.status.code >= 500 { log(error, request) }
            return response
        }
        if let error = error as? HTTPError {
            if error.status.code >= 500 { log(error, request) }
            return response(to: request, error)
        }
        let answer = (error as? any HTTPErrorConvertible)?.httpError ?? HTTPError(.internalServerError)
        if answer.status.code >= 500 { log(error, request) }
        return response(to: request, answer)
    }

    /// Writes an error and its cause to the log, unless it stands there already.
    package func log(_ error: any Error, _ request: Request) {
        if let error = error as? any LoggedError, error.isLogged { return }
        if error is CancellationError {
            request.logger.debug("\(request) was cancelled")
        } else {
            request.logger.error("\(request) failed: \(error)", metadata: ["error.type": "\(type(of: error))"])
        }
    }

    private func response(to request: Request, _ error: HTTPError) -> Response {
        var response = render(error, request)
        response.status = error.status
        for field in error.headers { response.headers.append(field) }
        return response
    }
}
