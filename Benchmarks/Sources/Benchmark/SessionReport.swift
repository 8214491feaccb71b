/// What goes into the JSON file of the sessions run.
struct SessionReport: ContestReport {
    typealias Stage = SessionStage

    let conditions: Conditions
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

    init(_ conditions: Conditions) {
        self.conditions = conditions
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

extension SessionReport {
    mutating func compare(_ measured: [(page: SessionPage, figures: Figures)]) {
        let figures = Dictionary(uniqueKeysWithValues: measured.map { ($0.page.name, $0.figures) })
        php =
            figures.filter { $0.key.hasPrefix("php-") }
            .max { $0.value.requestsPerSecond < $1.value.requestsPerSecond }?.key
        for (page, own) in measured {
            func ratios(to other: String?) -> Spread? {
                other.flatMap { figures[$0] }.flatMap { Spread(of: own.runs, to: $0.runs) }
            }
            let hello = page.hello.flatMap { figures[$0] }
            pages.append(
                SessionFigures(
                    page: page.name, figures: own,
                    overHello: hello.flatMap { Spread(zip(own.processorRuns, $0.processorRuns).map { $0 - $1 }) },
                    toPHP: ratios(to: php), toBlackSheep: ratios(to: "blacksheep")))
        }
    }
}
