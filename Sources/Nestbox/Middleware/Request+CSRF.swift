public import NestboxHTTP
import NestboxSessions

extension Request {
    /// A token for a form of this page, or for the header field `X-CSRF-Token` of its scripts; see ``CSRFMiddleware``.
    ///
    ///     <meta name="csrf-token" content="\(try await request.csrfToken)">
    ///
    /// It makes a session when there is none. It is made of letters, digits, `-` and `_`, and is another one each time; all that
    /// were made for a session are valid until its next login, logout or `rotateID`.
    /// - Throws: ``MiddlewareOrderError`` when no ``CSRFMiddleware`` is in front of the route; `SessionError`.
    public var csrfToken: String {
        get async throws {
            guard self[CSRFMiddleware.FormField.self] != nil else { throw Self.unguarded }
            return try await session.formToken()
        }
    }

    /// A hidden field with a token, for a form of HTML; it needs no escaping.
    ///
    ///     <form method="post" action="/entries">\(try await request.csrfField) …
    ///
    /// - Throws: As ``csrfToken``.
    public var csrfField: String {
        get async throws {
            guard let name = self[CSRFMiddleware.FormField.self] else { throw Self.unguarded }
            return #"<input type="hidden" name="\#(name)" value="\#(try await csrfToken)">"#
        }
    }

    private static var unguarded: MiddlewareOrderError {
        MiddlewareOrderError(
            "a token is asked for where no CSRFMiddleware is in front of the route, so that no one would check it. Write "
                + "router.use(CSRFMiddleware()) above the routes that have forms, and above those that the forms are sent to"
        )
    }
}
