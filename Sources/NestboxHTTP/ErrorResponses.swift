import HTTPTypes
import Logging

/// A handler returned a response that is none.
private struct InterimStatus: Error, CustomStringConvertible {
    var code: Int
    var description: String { "\(code) is no status of a final response" }
}

extension Response {
    /// Why this cannot be sent, if it cannot: a CGI response is final, and the web server would take an interim status for that.
    fileprivate var interimStatus: InterimStatus? {
        (200...599).contains(status.code) ? nil : InterimStatus(code: status.code)
    }
}

/// How errors are answered: what the client sees, and what goes to the log.
public struct ErrorResponses: Sendable {
    /// The application's own answers; `nil` for errors that it leaves to the default.
    private let render: @Sendable (HTTPError, Request) throws -> Response?
    /// The pages of development.
    private var development: (@Sendable (ErrorCause) -> Response)?

    /// Answers errors with responses that `render` makes, and as ``negotiated`` where it returns `nil`.
    ///
    ///     ErrorResponses { error, request in
    ///         error.status == .notFound ? try .html(pages.notFound(request)) : nil
    ///     }
    ///
    /// The status and the header fields of the error are added to what it returns. When it throws, that is logged, and the
    /// default is the answer.
    public init(_ render: @escaping @Sendable (HTTPError, Request) throws -> Response?) {
        self.render = render
    }

    /// Answers errors as the client's `Accept` field likes it: a small page for browsers, JSON for those who ask for it or
    /// have sent some (`{"error": "…", "fields": {"name": "…"}}`), else a line of text.
    ///
    /// Errors of the server also name the request, by which the log can be searched; no one is told their causes.
    public static let negotiated = ErrorResponses { _, _ in nil }

    /// Answers errors with a line of text, whatever the client likes.
    public static let plain = ErrorResponses { error, request in ErrorFormat.text.response(error, to: request) }

    /// The same with pages that show causes: for errors of the server, and for what the application has no answer of its
    /// own to.
    package func showingCauses(_ page: @escaping @Sendable (ErrorCause) -> Response) -> ErrorResponses {
        var responses = self
        responses.development = page
        return responses
    }

    /// Answers a request, whatever happens on the way.
    package func respond(to request: Request, with responder: any Responder) async -> Response {
        do {
            if let refusal = request.head.refusal {
                (responder as? any RefusalObserver)?.onRefusal(of: request)
                throw refusal
            }
            var response = try await responder.respond(to: request)
            request.head.change(&response)
            if let error = response.interimStatus { throw error }
            if response.isLocalRedirect {
                return try await request.followLocalRedirect(response) { await respond(to: $0, with: responder) }
            }
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
        guard let interim = response.interimStatus else { return response }
        response = rendered(interim, request)
        request.head.change(&response)
        // Also where a change insists on it.
        if response.interimStatus != nil { response.status = .internalServerError }
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
            return response(to: request, error, cause: error)
        }
        let answer = (error as? any HTTPErrorConvertible)?.httpError ?? HTTPError(.internalServerError)
        if answer.status.code >= 500 { log(error, request) }
        return response(to: request, answer, cause: error)
    }

    /// Writes an error and its cause to the log, unless it stands there already.
    /// - Parameter isCancelled: Whether a `CancellationError` tells of nothing but the client's or the program's end; else it is an
    ///   error as any other.
    package func log(_ error: any Error, _ request: Request, isCancelled: Bool = Task.isCancelled) {
        if let error = error as? any LoggedError, error.isLogged { return }
        if error is CancellationError, isCancelled {
            request.logger.debug("\(request) was cancelled")
        } else {
            request.logger.error("\(request) failed: \(error)", metadata: ["error.type": "\(type(of: error))"])
        }
    }

    private func response(to request: Request, _ error: HTTPError, cause: any Error) -> Response {
        var response = content(ErrorCause(error: error, cause: cause, request: request))
        response.status = error.status
        for field in error.headers { response.headers.append(field) }
        // What went wrong now may be right at the next request.
        if error.status.code >= 500, response.headers[.cacheControl] == nil {
            response.headers[.cacheControl] = "no-store"
        }
        return response
    }

    private func content(_ cause: ErrorCause) -> Response {
        let (error, request) = (cause.error, cause.request)
        if let development, error.status.code >= 500 { return development(cause) }
        do {
            if let response = try render(error, request) { return response }
        } catch {
            log(error, request)
        }
        if let development { return development(cause) }
        var response = ErrorFormat(for: request).response(error, to: request)
        response.headers.addVary("Accept")
        return response
    }
}

/// An error with what caused it, which is for those who write the application alone.
package struct ErrorCause: Sendable {
    /// What the client is told in any case.
    package let error: HTTPError
    /// What was thrown.
    package let cause: any Error
    package let request: Request
}
