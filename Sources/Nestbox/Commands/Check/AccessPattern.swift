import Glibc

/// What a section or rule of Apache's is for: names or paths.
enum AccessPattern {
    /// As a shell has it.
    case glob(String)
    /// A regular expression.
    case expression(String, ignoresCase: Bool = false)

    /// Whether it matches a text; `nil` for an expression that only Apache's own library can read.
    func matches(_ text: String) -> Bool? {
        switch self {
        case .glob(let pattern): return fnmatch(pattern, text, 0) == 0
        case .expression(let pattern, let ignoresCase):
            // \d and the like mean something else here, or nothing.
            let isEscaping = zip(pattern.utf8, pattern.utf8.dropFirst()).contains {
                $0 == UInt8(ascii: "\\") && $1.isASCIIAlphanumeric
            }
            var expression = regex_t()
            let flags = REG_EXTENDED | REG_NOSUB | (ignoresCase ? REG_ICASE : 0)
            guard !isEscaping, regcomp(&expression, pattern, flags) == 0 else { return nil }
            defer { regfree(&expression) }
            return regexec(&expression, text, 0, nil, 0) == 0
        }
    }
}
