import Glibc

/// A `.htaccess` file, as far as it keeps visitors from files.
///
/// This is no interpreter of Apache's language: it knows `Require all denied`, `Deny from all`, rewrite rules that forbid and
/// redirects to 403 or 404, in the sections for files that name one, and takes what it does not know for open.
struct AccessFile {
    /// Whether everything in the directory is closed.
    private(set) var closesAll = false
    /// What the patterns of closed files say.
    private var patterns: [Substring] = []

    /// Reads the file of a directory; without one everything is open.
    init(in directory: String) {
        self.init(text: Self.read("\(directory)/.htaccess"))
    }

    init(text: String) {
        var sections: [(name: Substring, pattern: Substring)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingBlanks()
            if line.hasPrefix("</") {
                _ = sections.popLast()
            } else if line.hasPrefix("<") {
                let parts = line.dropFirst().prefix { $0 != ">" }.split(separator: " ", maxSplits: 1)
                sections.append((Substring(parts.first?.lowercased() ?? ""), parts.dropFirst().first ?? ""))
            } else {
                read(line, sections)
            }
        }
    }

    private mutating func read(_ line: Substring, _ sections: [(name: Substring, pattern: Substring)]) {
        let words = line.split(whereSeparator: \.isWhitespace)
        let name = words.first?.lowercased() ?? ""
        switch name {
        case "require", "deny":
            let rest = words.dropFirst().map { $0.lowercased() }
            guard rest == ["all", "denied"] || rest == ["from", "all"] else { return }
            // A section that depends on the request closes nothing for certain.
            let others: Set<Substring> = ["files", "filesmatch", "ifmodule"]
            guard sections.allSatisfy({ others.contains($0.name) }) else { return }
            if let files = sections.last(where: { $0.name != "ifmodule" }) {
                patterns.append(files.pattern)
            } else {
                closesAll = true
            }
        case "rewriterule" where words.count == 4 && Self.isForbidding(words[3]),
            "redirectmatch" where words.count == 3 && ["403", "404", "410"].contains(words[1]):
            patterns.append(name == "rewriterule" ? words[1] : words[2])
        default: return
        }
    }

    /// Whether it keeps visitors from a file or directory of the directory.
    func closes(name: String) -> Bool {
        closesAll
            || patterns.contains { pattern in
                // An expression such as `(^|/)nestbox\.env$` comes down to the names in it.
                pattern.filter { !"\\^$()\"'".contains($0) }.split(separator: "|").contains { part in
                    part.drop { $0 == "/" } == name
                }
            }
    }

    private static func isForbidding(_ flags: Substring) -> Bool {
        flags.drop { $0 == "[" }.prefix { $0 != "]" }.split(separator: ",").contains {
            ["F", "forbidden"].contains($0)
        }
    }

    /// The beginning of a file, nothing when it cannot be read.
    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 18 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
