import NestboxHTTP

/// The pattern of a route: segments of text, `{name}` for one segment, `{name...}` for all that follow.
struct RoutePattern: Sendable {
    enum Segment: Sendable, Hashable {
        case text(String)
        case parameter(String)
        case rest(String)
    }

    let segments: [Segment]

    /// Reads a pattern such as `/birds/{name}/eggs`.
    ///
    /// A slash at the end is a segment of its own: `/birds` and `/birds/` are different resources. Only the root has one
    /// name, `/`, as no request has an empty path. Text stands for the decoded segment: `/a b` and not `/a%20b`.
    /// - Throws: ``RoutePatternError``.
    init(_ pattern: String) throws(RoutePatternError) {
        guard pattern.isEmpty || pattern.first == "/" else { throw RoutePatternError(pattern, "it starts with /") }
        var segments: [Segment] = []
        var names: Set<String> = []
        for text in (pattern.isEmpty ? "/" : pattern).split(separator: "/", omittingEmptySubsequences: false)
            .dropFirst()
        {
            if case .rest? = segments.last { throw RoutePatternError(pattern, "{name...} is its last segment") }
            let segment = try Self.segment(text, of: pattern)
            if case .parameter(let name) = segment, !names.insert(name).inserted {
                throw RoutePatternError(pattern, "every name in it is used once")
            }
            if case .rest(let name) = segment, !names.insert(name).inserted {
                throw RoutePatternError(pattern, "every name in it is used once")
            }
            segments.append(segment)
        }
        self.segments = segments
    }

    private static func segment(_ text: Substring, of pattern: String) throws(RoutePatternError) -> Segment {
        guard text.contains(where: { "{}*".contains($0) }) else { return .text(String(text)) }
        var name = text.dropFirst().dropLast()
        guard text.first == "{", text.last == "}", !name.isEmpty else {
            throw RoutePatternError(pattern, "a parameter is a whole segment, {name} or {name...}")
        }
        let isRest = name.hasSuffix("...")
        if isRest { name = name.dropLast(3) }
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }) else {
            throw RoutePatternError(pattern, "a parameter's name is made of letters, digits, - and _")
        }
        return isRest ? .rest(String(name)) : .parameter(String(name))
    }
}

/// A route's pattern that cannot be used.
public struct RoutePatternError: Error, Sendable, CustomStringConvertible {
    /// What is wrong with which pattern.
    public let description: String

    init(_ pattern: String, _ rule: String) {
        description = "'\(pattern)' is no route: \(rule)"
    }
}
