import Glibc
import NestboxTesting

/// A real web server that a test has started.
protocol WebServer: AnyObject {
    /// Where it listens.
    var address: LoopbackAddress { get }
    /// What it has written to its log of errors.
    var errors: [String] { get }
}

extension WebServer {
    /// Opens a connection of a client.
    func connect(timeout: Duration = .seconds(10)) throws -> HTTPConnection {
        try HTTPConnection(to: address, timeout: timeout)
    }

    /// Sends one request on a connection of its own.
    func request(
        _ method: String = "GET", _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        chunkSize: Int? = nil
    ) throws -> HTTPConnection.Response {
        try connect().request(method, target, headers: headers, body: body, chunkSize: chunkSize)
    }
}

extension NginxServer: WebServer {}

/// Configurations that this package ships.
enum ShippedConfiguration {
    /// The text of a configuration in which other lines stand in place of those that are marked with "yours".
    ///
    /// A mark is a comment behind a line, or, as Apache knows none there, one above it.
    static func text(_ file: String, _ changes: [String]) throws -> String {
        var changes = changes[...]
        var missing = 0
        func change(_ line: Substring) -> String {
            guard let change = changes.popFirst() else {
                missing += 1
                return String(line)
            }
            return change
        }
        var isNext = false
        let lines = try Repository.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let isMark = line.drop { $0 == " " }.hasPrefix("# yours")
                defer { isNext = isMark || isNext && line.drop { $0 == " " }.hasPrefix("#") }
                if isNext, !line.drop(while: { $0 == " " }).hasPrefix("#") { return change(line) }
                return !isMark && line.contains("  # yours") ? change(line) : String(line)
            }
        guard changes.isEmpty, missing == 0 else {
            throw TestingError(.refused, "\(file): \(missing) lines too many are yours, \(changes.count) too few")
        }
        return lines.joined(separator: "\n")
    }
}
