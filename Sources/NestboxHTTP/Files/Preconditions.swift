import HTTPTypes

/// What the conditional fields of a request make of it (RFC 9110 §13).
package enum Preconditions: Equatable {
    /// The request is carried out; `Range` counts if there is one.
    case hold
    /// The request is carried out, and `Range` does not count: `If-Range` names another state.
    case holdWithoutRange
    /// 304: the client has this state already.
    case notModified
    /// 412: the client asked for another state.
    case failed

    /// Judges the fields of a GET or HEAD request in the order of RFC 9110 §13.2.2.
    ///
    /// Dates that are none are left out of account, and so is a tag that is malformed.
    /// - Parameters:
    ///   - variables: The request's meta-variables.
    ///   - tag: The entity tag of the file.
    ///   - modified: Its `Last-Modified`.
    ///   - now: The `Date` of the response.
    package init(_ variables: CGIVariables, tag: EntityTag, modified: HTTPDate, now: HTTPDate) {
        self = .hold
        if let field = variables[field: "HTTP_IF_MATCH"] {
            guard tag.isListed(in: field, weakly: false) else {
                self = .failed
                return
            }
        } else if let date = variables.date("HTTP_IF_UNMODIFIED_SINCE", now), modified > date {
            self = .failed
            return
        }
        if let field = variables[field: "HTTP_IF_NONE_MATCH"] {
            if tag.isListed(in: field, weakly: true) { self = .notModified }
        } else if let date = variables.date("HTTP_IF_MODIFIED_SINCE", now), modified <= date {
            self = .notModified
        }
        if self == .hold, let field = variables[field: "HTTP_IF_RANGE"],
            !Self.isCurrent(field, tag, modified, now)
        {
            self = .holdWithoutRange
        }
    }

    /// Whether `If-Range` names this state (RFC 9110 §13.1.5).
    ///
    /// A date does only when it is exactly the file's, and the file was not changed in the same second (§8.8.2.2).
    private static func isCurrent(
        _ field: ArraySlice<UInt8>, _ tag: EntityTag, _ modified: HTTPDate, _ now: HTTPDate
    ) -> Bool {
        if tag.isExactly(field) { return true }
        let text = String(decoding: field.trimmingOptionalWhitespace, as: UTF8.self)
        guard !tag.isWeak, let date = HTTPDate(parsing: text, now: now) else { return false }
        return date == modified && modified < now
    }
}

extension CGIVariables {
    /// The bytes of a header field's value; an empty one is none (RFC 3875 §4.1).
    subscript(field name: String) -> ArraySlice<UInt8>? {
        self[bytes: name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The date in a field, or `nil` when it is missing or no date.
    fileprivate func date(_ name: String, _ now: HTTPDate) -> HTTPDate? {
        self[field: name].flatMap {
            HTTPDate(parsing: String(decoding: $0.trimmingOptionalWhitespace, as: UTF8.self), now: now)
        }
    }
}
