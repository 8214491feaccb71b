public import HTTPTypes

/// An error that is answered with a status of its own.
///
///     throw HTTPError(.notFound, "There is no bird of that name.")
///
/// The message is shown to the client; it says what the client did wrong and holds nothing internal. What
/// else is thrown by a handler becomes `500 Internal Server Error`, its text going to the log only.
public struct HTTPError: Error, Sendable {
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// A sentence for the client; by default the status' reason phrase.
    public var message: String
    /// What is wrong with fields of a form or of JSON, by their names: sentences for the client.
    public var fields: [String: String]
    /// Header fields that the answer carries, such as `Allow` of a 405.
    public var headers: HTTPFields

    /// Creates an error.
    /// - Parameters:
    ///   - status: The status of the answer, 400 to 599.
    ///   - message: A sentence for the client; the status' reason phrase when `nil`.
    ///   - fields: What is wrong with fields of a form or of JSON, by their names.
    ///   - headers: Header fields of the answer.
    public init(
        _ status: HTTPResponse.Status, _ message: String? = nil, fields: [String: String] = [:],
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.message = message ?? status.phrase
        self.fields = fields
        self.headers = headers
    }
}

extension HTTPError: CustomStringConvertible {
    /// The status code and the message.
    public var description: String { "\(status.code): \(message)" }
}

/// An error that brings its whole response.
public protocol ResponseError: Error {
    /// The answer to the request during which the error was thrown.
    func response(to request: Request) -> Response
}

/// An error that is answered like an ``HTTPError``, while its own description goes to the log.
public protocol HTTPErrorConvertible: Error {
    /// What the client is told.
    var httpError: HTTPError { get }
}

/// An error that may have been logged where it happened, by those who know more of it.
package protocol LoggedError: Error {
    /// Whether it need not be logged again.
    var isLogged: Bool { get }
}
