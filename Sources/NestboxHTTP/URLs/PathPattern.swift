/// Makes paths of patterns such as `/birds/{name}`, by the grammar of routes.
enum PathPattern {
    /// The percent-encoded path in which `parameters` stand in place of their names.
    static func fill(
        _ pattern: String, _ parameters: KeyValuePairs<String, any LosslessStringConvertible>
    ) throws(PathPatternError) -> [UInt8] {
        var path: [UInt8] = []
        var used = 0
        let segments = (pattern.first == "/" ? pattern.dropFirst() : pattern[...])
            .split(separator: "/", omittingEmptySubsequences: false)
        for segment in segments {
            path.append(UInt8(ascii: "/"))
            guard segment.first == "{", segment.last == "}" else {
                PercentEncoding.append(segment.utf8, to: &path, allowed: .pathSegment)
                continue
            }
            let isRest = segment.hasSuffix("...}")
            let name = segment.dropFirst().dropLast(isRest ? 4 : 1)
            guard let value = parameters.first(where: { $0.key == name })?.value else {
                throw PathPatternError(pattern, "there is no value for \(segment)")
            }
            used += 1
            append(value.description, isRest: isRest, to: &path)
        }
        guard used >= parameters.count else {
            throw PathPatternError(pattern, "it has no place for all of \(parameters.map(\.key))")
        }
        return path
    }

    private static func append(_ value: String, isRest: Bool, to path: inout [UInt8]) {
        let segments = isRest ? value.split(separator: "/", omittingEmptySubsequences: false) : [value[...]]
        for (index, segment) in segments.enumerated() {
            if index > 0 { path.append(UInt8(ascii: "/")) }
            // Browsers take these for a way up, however they are encoded. Encoded twice they are a name like others.
            if segment == "." || segment == ".." {
                path += Array(repeating: "%252E", count: segment.utf8.count).joined().utf8
            } else {
                PercentEncoding.append(segment.utf8, to: &path, allowed: .pathSegment)
            }
        }
    }
}

/// A path was asked for whose parameters are not those of the pattern: a mistake of the program.
public struct PathPatternError: Error, Sendable, CustomStringConvertible {
    /// What is wrong with which pattern; no value is in it.
    public let description: String

    init(_ pattern: String, _ rule: String) {
        description = "no path is made of '\(pattern)': \(rule)"
    }
}
