import Glibc

/// The texts of a configuration, from where they come, with keys as environment variables without a prefix.
struct ConfigurationSource {
    /// Where the values come from, for messages.
    let name: String
    private(set) var values: [String: String] = [:]
    /// Variables without the prefix, among which secrets may be.
    private(set) var others: [(name: String, value: String)] = []
    private let options: [ConfigurationOption]
    /// How a key is written in this source.
    private let spelling: @Sendable (ConfigurationOption) -> String

    static let prefix = "NESTBOX_"

    private init(
        name: String, options: [ConfigurationOption], spelling: @escaping @Sendable (ConfigurationOption) -> String
    ) {
        self.name = name
        self.options = options
        self.spelling = spelling
    }

    /// Reads `--key value` and `--key=value`.
    init(arguments: [String], options: [ConfigurationOption]) throws(StartError) {
        self.init(name: "the command line", options: options) { $0.flag }
        var arguments = arguments.dropFirst()
        while let argument = arguments.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let flag = parts.first, let option = options.first(where: { $0.flag == flag }) else {
                // What follows the sign may be a secret.
                let hint = argument.hasPrefix("-") ? "" : "; commands stand before the options"
                let question = String(parts.first ?? "").question(in: options.map(\.flag))
                throw StartError(
                    "'\(parts.first ?? "")' is no option of this program; --help names them\(hint)\(question)",
                    isUsage: true)
            }
            guard let value = parts.count == 2 ? String(parts[1]) : arguments.popFirst() else {
                throw StartError("\(flag) needs a value: \(option.help)", isUsage: true)
            }
            values[option.variable] = value
        }
    }

    /// Reads variables that start with the prefix.
    init(environment: some Sequence<(name: String, value: String)>, options: [ConfigurationOption]) throws(StartError) {
        self.init(name: "the environment", options: options) { Self.prefix + $0.variable }
        for (name, value) in environment { try set(name, value) }
    }

    /// Reads a file of lines `NESTBOX_KEY=value`.
    ///
    /// Empty lines and lines that start with `#` are left out, and so is a pair
    /// of quotes around a value. Lines end with LF or CRLF; other programs' keys may be among them. A file that is not there
    /// is empty.
    init(file path: String, options: [ConfigurationOption]) throws(StartError) {
        self.init(name: path, options: options) { Self.prefix + $0.variable }
        guard let text = try Self.read(path) else { return }
        for (index, line) in Self.lines(of: text).enumerated() {
            let line = line.trimmingBlanks()
            if line.isEmpty || line.first == "#" { continue }
            guard let (name, value) = Self.assignment(line) else {
                throw StartError("\(path), line \(index + 1): a line is NESTBOX_KEY=value")
            }
            try set(name, value)
        }
    }

    /// What a file assigns, whatever else is in it, for those who look at a file that may be wrong; nothing when it cannot
    /// be read.
    static func assignments(file path: String) -> [(name: String, value: String)] {
        guard let text = try? read(path) else { return [] }
        return lines(of: text).map { $0.trimmingBlanks() }.filter { $0.first != "#" }.compactMap(assignment)
    }

    private static func lines(of text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }

    private static func assignment(_ line: Substring) -> (name: String, value: String)? {
        guard let sign = line.firstIndex(of: "=") else { return nil }
        return (
            String(line[..<sign].trimmingBlanks()), line[line.index(after: sign)...].trimmingBlanks().withoutQuotes()
        )
    }

    private mutating func set(_ name: String, _ value: String) throws(StartError) {
        guard name.hasPrefix(Self.prefix) else { return others.append((name, value)) }
        let variable = String(name.dropFirst(Self.prefix.count))
        guard options.contains(where: { $0.variable == variable }) else {
            let question = name.question(in: options.map { Self.prefix + $0.variable })
            throw StartError("\(self.name): \(name) is no key of this program; --help names them\(question)")
        }
        values[variable] = value
    }

    /// How a key is written here.
    func spelling(of option: ConfigurationOption) -> String { spelling(option) }

    private static func read(_ path: String) throws(StartError) -> String? {
        let limit = 1 << 20
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            let remedy = errno == EACCES ? ". It must belong to the user that the program runs as" : ""
            throw StartError("\(path) cannot be read: \(String(cString: strerror(errno)))\(remedy)")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 { throw StartError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 {
                let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
                return String(decoding: bytes.starts(with: mark) ? bytes[3...] : bytes[...], as: UTF8.self)
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        throw StartError("\(path) is larger than \(limit) bytes")
    }
}

extension Substring {
    func trimmingBlanks() -> Substring {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text.drop { $0.isWhitespace }
    }

    fileprivate func withoutQuotes() -> String {
        guard count >= 2, let first, first == last, first == "\"" || first == "'" else { return String(self) }
        return String(dropFirst().dropLast())
    }
}
