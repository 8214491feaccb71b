import Glibc

/// A `.htaccess` file, as far as it keeps visitors from files.
///
/// This is no interpreter of Apache's language: it knows `Require all`, `Allow` and `Deny`, rewrite rules that forbid and
/// redirects to 403, 404 or 410, and sections for files. What depends on the request, or on a module that may be missing,
/// closes nothing, but may open what is closed.
struct AccessFile {
    fileprivate enum Access {
        case closed, open
    }

    /// What is said of the whole directory.
    fileprivate private(set) var access: Access?
    /// What sections say of files with certain names, in their order.
    fileprivate private(set) var sections: [(pattern: AccessPattern, access: Access?)] = []
    /// The paths on the host that redirects close.
    fileprivate private(set) var redirects: [AccessPattern] = []
    fileprivate private(set) var isRewriting: Bool?
    /// The rules for rewriting, in the place of those of the directories above; `nil` when it leaves these as they are.
    fileprivate private(set) var rules: [AccessRule]?

    /// Reads the file of a directory; without one nothing is said.
    init(in directory: String) {
        self.init(text: Self.read("\(directory)/.htaccess"))
    }

    init(text: String) {
        var scopes: [Scope] = []
        var isConditional = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingBlanks()
            if line.hasPrefix("</") {
                _ = scopes.popLast()
            } else if line.hasPrefix("<") {
                scopes.append(open(AccessRule.words(line.dropFirst().prefix { $0 != ">" })))
            } else if line.first != "#", !scopes.contains(.never) {
                read(AccessRule.words(line), scopes, &isConditional)
            }
        }
    }

    /// Where a directive stands.
    private enum Scope: Equatable {
        /// In a section for files, by its number.
        case files(Int)
        /// Where every Apache reads it.
        case always
        /// Where it depends on something.
        case sometimes
        /// Where no Apache reads it.
        case never
    }

    /// The modules without which no application of this kind is shown by Apache.
    private static let modules: Set<String> = [
        "mod_authz_core.c", "authz_core_module", "mod_rewrite.c", "rewrite_module", "mod_alias.c", "alias_module",
    ]

    private mutating func open(_ words: [String]) -> Scope {
        let name = words.first?.lowercased() ?? ""
        guard let argument = words.last, words.count > 1 else { return .sometimes }
        switch name {
        case "files", "filesmatch":
            let isExpression = name == "filesmatch" || words[1] == "~"
            sections.append((isExpression ? .expression(argument) : .glob(argument), nil))
            return .files(sections.count - 1)
        case "ifmodule":
            let isNegated = argument.hasPrefix("!")
            guard Self.modules.contains(String(argument.dropFirst(isNegated ? 1 : 0))) else { return .sometimes }
            return isNegated ? .never : .always
        default: return .sometimes
        }
    }

    private mutating func read(_ words: [String], _ scopes: [Scope], _ isConditional: inout Bool) {
        let name = words.first?.lowercased() ?? ""
        let isCertain = !scopes.contains(.sometimes)
        if name.hasPrefix("rewrite") { rules = rules ?? [] }
        switch name {
        case "require", "deny":
            let rest = words.dropFirst().map { $0.lowercased() }
            if rest == ["all", "denied"] || name == "deny" && rest == ["from", "all"] {
                if isCertain { set(.closed, scopes) }
            } else if name == "require" {
                set(.open, scopes)
            }
        case "allow", "satisfy": set(.open, scopes)
        case "redirectmatch" where isCertain && words.count == 3:
            if ["403", "404", "410", "gone"].contains(words[1].lowercased()) {
                redirects.append(.expression(words[2]))
            }
        case "rewriteengine":
            let isOn = words.last?.lowercased() == "on"
            if isCertain || !isOn { isRewriting = isOn }
        case "rewritecond": isConditional = true
        case "rewriterule":
            guard let rule = AccessRule(words, isCertain: isCertain && !isConditional) else { return }
            rules?.append(rule)
            isConditional = rule.isChained
        default: return
        }
    }

    /// Notes what a directive says; in one section who lets visitors in counts more than who does not.
    private mutating func set(_ new: Access, _ scopes: [Scope]) {
        for case .files(let index) in scopes.reversed() {
            sections[index].access = sections[index].access == .open ? .open : new
            return
        }
        access = access == .open ? .open : new
    }

    /// The beginning of a file, nothing when it cannot be read.
    private static func read(_ path: String) -> String {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
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

extension [AccessFile] {
    /// Whether the files of the directories on the way to another file keep visitors from that.
    ///
    /// What a deeper one says counts, sections for files count more than what is said of directories, and rules for
    /// rewriting are those of the deepest one that has any.
    /// - Parameter path: The names on the way from the web server's root to the file; the first of these files is in the
    ///   root, the second one in the first directory of the path.
    func close(_ path: [String]) -> Bool {
        let name = path.last ?? ""
        let section = flatMap(\.sections).last { section in
            switch section.access {
            case nil: false
            case .closed: section.pattern.matches(name) == true
            case .open: section.pattern.matches(name) != false
            }
        }
        if (section?.access ?? compactMap(\.access).last) == .closed { return true }
        let target = "/" + path.joined(separator: "/")
        if flatMap(\.redirects).contains(where: { $0.matches(target) == true }) { return true }
        guard compactMap(\.isRewriting).last == true, let index = lastIndex(where: { $0.rules != nil }) else {
            return false
        }
        return self[index].rules?.forbid(path[index...].joined(separator: "/")) == true
    }
}
