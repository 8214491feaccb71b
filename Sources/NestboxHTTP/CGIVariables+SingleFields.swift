extension CGIVariables {
    /// Whether the client sent two of a header field that a request has one of.
    ///
    /// These are `Host`, `Authorization`, `Content-Type` and `Content-Length`. Programs do not agree on which of two
    /// counts, and attacks live on that.
    ///
    /// nginx before 1.23 sends a variable for each line. The variables without `HTTP_` are the web server's own; of these
    /// a later one replaces an earlier one.
    var repeatsSingleField: Bool {
        var (hosts, types, authorizations, lengths) = (0, 0, 0, 0)
        for entry in entries {
            // The length alone tells nearly all names apart.
            switch entry.nameCount {
            case 9: if isNamed(entry, "HTTP_HOST") { hosts += 1 }
            case 17: if isNamed(entry, "HTTP_CONTENT_TYPE") { types += 1 }
            case 18: if isNamed(entry, "HTTP_AUTHORIZATION") { authorizations += 1 }
            case 19: if isNamed(entry, "HTTP_CONTENT_LENGTH") { lengths += 1 }
            default: break
            }
        }
        return hosts > 1 || types > 1 || authorizations > 1 || lengths > 1
    }

    private func isNamed(_ entry: Entry, _ name: StaticString) -> Bool {
        bytes[entry.name].elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
}
