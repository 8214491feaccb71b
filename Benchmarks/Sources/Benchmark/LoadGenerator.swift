import Foundation

/// The program that plays the clients.
struct LoadGenerator {
    let program: String
    /// Where its figures go until they are read.
    let directory: URL

    /// Returns its figures, if it came to any, and its exit status: 0 only if every answer was right.
    func run(_ arguments: [String], errors: String? = nil) throws -> (LoadFigures?, Int32) {
        let result = directory.appending(path: "figures.json").path
        let output = open(result, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw Failure("cannot write into the temporary directory") }
        defer { close(output) }
        let ending = try Child(program, arguments, output: output, errors: errors).wait()
        let data = try Data(contentsOf: URL(filePath: result))
        return (try? JSONDecoder().decode(LoadFigures.self, from: data), ending.status)
    }
}

/// What the load generator prints.
struct LoadFigures: Decodable {
    let requests: Int
    let errors: Int
    let seconds: Double
    let requestsPerSecond: Double
    let p50: Double
    let p90: Double
    let p99: Double
    let max: Double
    let generatorSeconds: Double

    private enum CodingKeys: String, CodingKey {
        case requests, errors, seconds
        case requestsPerSecond = "requests_per_second"
        case p50 = "p50_us"
        case p90 = "p90_us"
        case p99 = "p99_us"
        case max = "max_us"
        case generatorSeconds = "generator_cpu_seconds"
    }
}
