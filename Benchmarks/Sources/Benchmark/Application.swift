import Foundation

/// A server that is measured, listening on a socket in a directory of its own.
struct Application {
    /// What its directory and nginx's server are called.
    let name: String
    let child: Child
    let socket: String
    private let log: String

    static func socket(of name: String, in directory: URL) -> String {
        directory.appending(path: name).path + "/s"
    }

    /// Starts the program and waits for its socket.
    ///
    /// - Parameter environment: what it finds in addition to the driver's own
    init(
        _ name: String, in directory: URL, program: String, arguments: [String], environment: [String: String] = [:]
    ) throws {
        self.name = name
        let folder = directory.appending(path: name).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        socket = Self.socket(of: name, in: directory)
        // The size of sun_path, less its final zero.
        guard socket.utf8.count < 108 else { throw Failure("TMPDIR is too long for a socket in it") }
        log = folder + "/access.log"
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        child = try Child(program, arguments, environment: variables, errors: log)
        for _ in 0..<1000 {
            if FileManager.default.fileExists(atPath: socket) { return }
            if child.hasEnded { throw Failure("the server \(name) ended at once\(lastWords)") }
            usleep(10_000)
        }
        child.end()
        throw Failure("the server \(name) did not open its socket within 10 s\(lastWords)")
    }

    /// What may explain a failure.
    var lastWords: String {
        lastLine(of: log).map { "\n  its log ends: \($0)" } ?? ""
    }
}

/// The last line of a log, which will be gone with the directory.
func lastLine(of file: String) -> String? {
    let text = try? String(contentsOfFile: file, encoding: .utf8)
    return text?.split(separator: "\n").last.map(String.init)
}
