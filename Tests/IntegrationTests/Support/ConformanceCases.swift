import FoundationEssentials
import Glibc
import NestboxTesting

/// The runner of the conformance cases, which is no part of this repository: a folder beside the checkout.
enum ConformanceCases {
    /// The folder with `run.py`: `CONFORMANCE_CASES`, or `../shared/conformance` seen from the checkout.
    static let folder: String? = {
        let named = getenv("CONFORMANCE_CASES").map { String(cString: $0) }
        let folder = named ?? "\(Repository.root)/../shared/conformance"
        return File.exists("\(folder)/run.py") ? folder : nil
    }()

    static var arePresent: Bool { folder != nil && Repository.tool("python3") != nil }

    /// What became of a case.
    struct Outcome: Decodable {
        var id: String
        var `class`: String
        var outcome: String
        var why: String

        var isFailure: Bool { ["fail", "error"].contains(outcome) }
        var isSuccess: Bool { ["pass", "accepted"].contains(outcome) }
    }

    private struct Report: Decodable {
        var cases: [Outcome]
    }

    /// Runs the cases of a topic.
    /// - Parameters:
    ///   - script: The runner, or a script of ours around it.
    ///   - endpoint: Where the application is, as arguments of the runner.
    ///   - environment: What CGI programs have in their environment beside the request.
    static func run(
        _ topic: String, script: String? = nil, _ endpoint: [String], environment: [String: String] = [:],
        timeout: Duration = .seconds(150)
    ) throws -> [Outcome] {
        guard let folder, let python = Repository.tool("python3") else {
            throw TestingError(.refused, "the conformance cases or python3 are not there")
        }
        let directory = try TemporaryDirectory()
        let report = directory.path("report.json")
        let child = try ChildProcess(
            python, ["-B", script ?? "\(folder)/run.py", "--topic", topic, "--json", report] + endpoint,
            environment: [
                "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin",
                "HOME": getenv("HOME").map { String(cString: $0) } ?? "/", "LANG": "C.UTF-8",
                "CONFORMANCE_CASES": folder,
            ].merging(environment) { $1 })
        let output = try child.output(timeout: timeout)
        guard [.exited(0), .exited(1)].contains(output.status), File.exists(report) else {
            throw TestingError(.refused, "run.py: \(output.status) \(String(decoding: output.stderr, as: UTF8.self))")
        }
        return try JSONDecoder().decode(Report.self, from: Data(try File.bytes(report))).cases
    }
}
