import HTTPTypes

/// A field of a form, a query or a JSON body that is missing or has a value that will not do.
///
/// It is answered with 422 and the text "age: must be a number." A page that shows its form again can catch it:
///
///     do {
///         let entry = try await request.decode(Entry.self)
///         …
///     } catch let error as FieldError {
///         return try page(form: request.form(), error.message, at: error.field)
///     }
///
/// Programs throw their own for what they alone know: `throw FieldError("age", "must be 18 or more.")`.
public struct FieldError: Error, Sendable, Hashable {
    /// The name of the field; in JSON the path to it, such as `birds.0.name`.
    public let field: String
    /// What is wrong, to be shown beside the field or behind its name.
    public let message: String

    /// Makes an error about a field.
    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

extension FieldError: CustomStringConvertible {
    /// The name and what is wrong.
    public var description: String { "\(field): \(message)" }
}

extension FieldError: HTTPErrorConvertible {
    /// 422 with the name of the field and what is wrong with it.
    public var httpError: HTTPError { HTTPError(.unprocessableContent, description) }
}
