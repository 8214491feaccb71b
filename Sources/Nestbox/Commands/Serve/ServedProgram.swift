import NestboxGateway

/// The file of the program that `serve` runs, which may be replaced by a newer one at any time.
struct ServedProgram: Sendable {
    let path: String
    let arguments: [String]
    /// What the program has in its environment besides.
    let environment: [String]

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var file: ProgramFile { ProgramFile(path: Array(path.utf8CString)) }
}
