import Foundation

/// What goes into the JSON file.
struct Report: Codable {
    let cores: Int
    let secondsPerRun: Double
    let rounds: Int
    let selfCheck: Bool
    var idleMemoryKiB: [String: Int] = [:]
    var scenarios: [Comparison] = []
    var startUp: StartUpComparison?
    var failures: [String] = []

    static let note = """
        req/s, cpu (microseconds of the application's processor time for a request), p50 and p99 (latency in \
        microseconds) are medians.
        ratio is our req/s to C's; in brackets the least and the greatest of one round. gen is the share of a core the \
        load generator used.
        """

    private static let columns = [
        "scenario", "C req/s", "our req/s", "ratio", "", "C cpu", "our cpu", "C p50", "our p50", "C p99", "our p99",
        "C gen", "our gen",
    ]

    var table: String {
        var rows = [Self.columns]
        for one in scenarios {
            rows.append([
                one.scenario, whole(one.c.requestsPerSecond), whole(one.ours.requestsPerSecond), hundredths(one.ratio),
                "(\(hundredths(one.lowestRatio))-\(hundredths(one.highestRatio)))",
                tenths(one.c.processorMicroseconds), tenths(one.ours.processorMicroseconds),
                whole(one.c.p50), whole(one.ours.p50), whole(one.c.p99), whole(one.ours.p99),
                whole(one.c.generatorShare * 100) + "%", whole(one.ours.generatorShare * 100) + "%",
            ])
        }
        return rows.count > 1 ? aligned(rows) : ""
    }

    var startUpTable: String? {
        guard let startUp else { return nil }
        func row(_ name: String, _ figures: StartUpFigures) -> [String] {
            [
                name, whole(figures.medianMicroseconds), whole(figures.p90Microseconds),
                whole(figures.processorMicroseconds),
            ]
        }
        let rows = [["cgi-start (µs)", "median", "p90", "cpu"], row("C", startUp.c), row("ours", startUp.ours)]
        return aligned(rows) + "ratio \(hundredths(startUp.ratio)) (of the times: less is better)\n"
    }
}
