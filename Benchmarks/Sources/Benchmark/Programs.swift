import Foundation

/// The two sides of every comparison.
enum Side: String, Codable, Comparable, CaseIterable, Sendable {
    case c, ours

    static func < (left: Side, right: Side) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Where the programs are that take part.
struct Programs {
    let loadGenerator: String
    let loop: String
    let hello: String

    /// Compiles the C programs as a C programmer would.
    ///
    /// SwiftPM would link the Swift runtime into them.
    init(into directory: URL) throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        func compile(_ name: String, _ libraries: [String] = []) throws -> String {
            let folder = sources.appending(path: name).path
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".c") }
            let program = directory.appending(path: name).path
            let arguments = ["-O2", "-o", program] + files.sorted().map { "\(folder)/\($0)" } + libraries
            let ending = try Child("cc", arguments, errors: nil).wait()
            guard ending.status == 0 else { throw Failure("cc could not compile \(name)") }
            return program
        }
        loadGenerator = try compile("LoadGenerator")
        loop = try compile("CLibfcgiLoop", ["-lfcgi", "-lpthread"])
        hello = try compile("CHello")
    }

    /// The framework's server, which SwiftPM has put next to the driver.
    static func ownServer() throws -> String {
        let driver = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let server = driver.deletingLastPathComponent().appending(path: "BenchmarkServer").path
        guard FileManager.default.isExecutableFile(atPath: server) else {
            throw Failure("BenchmarkServer is not built: run swift build -c release first")
        }
        return server
    }
}
