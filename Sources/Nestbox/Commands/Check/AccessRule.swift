/// A rule for rewriting (`RewriteRule`).
struct AccessRule {
    private let pattern: AccessPattern
    private let isNegated: Bool
    /// Whether it holds for each request.
    private let isCertain: Bool
    /// Whether the answer is that visitors may not see it.
    private let isForbidding: Bool
    /// Whether rules that follow are left out, and the path stays what it is.
    private let isLast: Bool
    /// Whether the next one holds only where this one does.
    let isChained: Bool

    /// Takes the words of a line: the directive's name, the pattern, what stands in its place, and flags.
    init?(_ words: [String], isCertain: Bool) {
        guard words.count == 3 || words.count == 4 else { return nil }
        let flags = words.count < 4 ? [] : words[3].lowercased().split { "[], ".contains($0) }.map(String.init)
        isNegated = words[1].hasPrefix("!")
        pattern = .expression(
            String(words[1].dropFirst(isNegated ? 1 : 0)),
            ignoresCase: flags.contains { ["nc", "nocase"].contains($0) })
        self.isCertain = isCertain
        isForbidding = flags.contains { flag in
            ["f", "forbidden", "g", "gone"].contains(flag)
                || ["403", "404", "410"].contains { flag == "r=\($0)" || flag == "redirect=\($0)" }
        }
        isLast =
            words[2] == "-"
            && flags.contains { flag in
                ["l", "last", "end"].contains(flag) || flag.hasPrefix("s=") || flag.hasPrefix("skip=")
            }
        isChained = flags.contains { ["c", "chain"].contains($0) }
    }

    /// Whether it is for a path; `nil` when that cannot be told.
    fileprivate func matches(_ path: String) -> Bool? { pattern.matches(path).map { $0 != isNegated } }

    /// Whether it closes a path, or leaves it open whatever follows; `nil` when the next one is to be asked.
    fileprivate func forbids(_ path: String) -> Bool? {
        if isForbidding { return isCertain && matches(path) == true ? true : nil }
        return isLast && matches(path) != false ? false : nil
    }

    /// The words of a line of Apache's, which has quotes around those with blanks.
    static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var rest = line.trimmingBlanks()
        while let first = rest.first {
            if first == "\"" || first == "'" {
                let word = rest.dropFirst().prefix { $0 != first }
                words.append(String(word))
                rest = rest.dropFirst(word.count + 2).trimmingBlanks()
            } else {
                let word = rest.prefix { !$0.isWhitespace }
                words.append(String(word))
                rest = rest.dropFirst(word.count).trimmingBlanks()
            }
        }
        return words
    }
}

extension [AccessRule] {
    /// Whether they keep visitors from a path, which starts at the directory of their file.
    func forbid(_ path: String) -> Bool { lazy.compactMap { $0.forbids(path) }.first ?? false }
}
