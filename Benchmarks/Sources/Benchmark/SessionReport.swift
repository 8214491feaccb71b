/// What goes into the JSON file of the sessions run.
struct SessionReport: Codable {
    let cores: Int
    let secondsPerRun: Double
    let rounds: Int
    let clients: Int
    var pages: [SessionFigures] = []
    /// Which of PHP-FPM's pools answered more.
    var php: String?
    var failures: [String] = []

    static let note = """
        req/s, cpu (microseconds of the application's processor time for a request), p50 and p99 (latency in \
        microseconds) are medians.
        over hello is the cpu more than that of the same program's hello in the same round. The ratios are of req/s; \
        in brackets stand the least and the greatest of one round. gen is the share of a core the load generator used.
        """

    var table: String {
        var rows = [["page", "req/s", "cpu", "over hello", "", "to PHP", "", "to BlackSheep", "", "p50", "p99", "gen"]]
        for page in pages {
            let figures = page.figures
            rows.append(
                [page.page, whole(figures.requestsPerSecond), tenths(figures.processorMicroseconds)]
                    + cells(page.overHello, tenths) + cells(page.toPHP, hundredths)
                    + cells(page.toBlackSheep, hundredths)
                    + [whole(figures.p50), whole(figures.p99), whole(figures.generatorShare * 100) + "%"])
        }
        return aligned(rows) + (php.map { "PHP is \($0).\n" } ?? "")
    }

    private func cells(_ spread: Spread?, _ format: (Double) -> String) -> [String] {
        guard let spread else { return ["", ""] }
        return [format(spread.median), "(\(format(spread.least))-\(format(spread.greatest)))"]
    }
}

/// The figures of one page.
struct SessionFigures: Codable {
    let page: String
    let figures: Figures
    var overHello: Spread?
    var toPHP: Spread?
    var toBlackSheep: Spread?
}

/// A figure of each round.
struct Spread: Codable {
    let median: Double
    let least: Double
    let greatest: Double

    init?(_ values: [Double]) {
        guard let least = values.min(), let greatest = values.max() else { return nil }
        median = quantile(values, 0.5)
        self.least = least
        self.greatest = greatest
    }
}
