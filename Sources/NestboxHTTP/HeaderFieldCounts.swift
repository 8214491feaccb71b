/// What is counted of a request's header fields before anything is made of them.
///
/// nginx before 1.23 sends a variable for each line, other servers one for each name.
struct HeaderFieldCounts {
    /// The variables that start with `HTTP_`.
    private(set) var fields = 0
    /// Pieces between semicolons in `Cookie`.
    private(set) var cookies = 0
    private var hosts = 0
    private var types = 0
    private var authorizations = 0
    private var lengths = 0

    /// Whether the client sent two of a header field that a request has one of.
    ///
    /// These are `Host`, `Authorization`, `Content-Type` and `Content-Length`. Programs do not agree on which of two
    /// counts, and attacks live on that. The variables without `HTTP_` are the web server's own; of these a later one
    /// replaces an earlier one.
    var repeatsSingleField: Bool { hosts > 1 || types > 1 || authorizations > 1 || lengths > 1 }

    init(_ variables: CGIVariables) {
        for entry in variables.entries where variables.isField(entry) {
            fields += 1
            // The length alone tells nearly all names apart.
            switch entry.nameCount {
            case 9: if variables.isNamed(entry, "HTTP_HOST") { hosts += 1 }
            case 11: if variables.isNamed(entry, "HTTP_COOKIE") { cookies += variables.pieces(of: entry) }
            case 17: if variables.isNamed(entry, "HTTP_CONTENT_TYPE") { types += 1 }
            case 18: if variables.isNamed(entry, "HTTP_AUTHORIZATION") { authorizations += 1 }
            case 19: if variables.isNamed(entry, "HTTP_CONTENT_LENGTH") { lengths += 1 }
            default: break
            }
        }
    }
}

extension CGIVariables {
    /// Whether the variable is a header field.
    fileprivate func isField(_ entry: Entry) -> Bool {
        guard entry.nameCount > 5 else { return false }
        let bytes = bytes.span
        let start = Int(entry.nameStart)
        return bytes[start] == UInt8(ascii: "H") && bytes[start + 1] == UInt8(ascii: "T")
            && bytes[start + 2] == UInt8(ascii: "T") && bytes[start + 3] == UInt8(ascii: "P")
            && bytes[start + 4] == UInt8(ascii: "_")
    }

    fileprivate func isNamed(_ entry: Entry, _ name: String) -> Bool { isNamed(entry, name.utf8.span) }

    fileprivate func pieces(of entry: Entry) -> Int {
        bytes[entry.value].reduce(1) { $1 == UInt8(ascii: ";") ? $0 + 1 : $0 }
    }
}
