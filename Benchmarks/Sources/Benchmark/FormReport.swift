/// What goes into the JSON file of the forms run.
struct FormReport: ContestReport {
    typealias Stage = FormStage

    let conditions: Conditions
    var pages: [FormFigures] = []
    /// Which of PHP-FPM's pools answered most, for each form.
    var php: [String: String] = [:]
    var failures: [String] = []

    static let note = """
        req/s, MB/s (of bodies), cpu (microseconds of the application's processor time for a request), p50 and p99 \
        (latency in microseconds) are medians.
        to PHP is the ratio of req/s to the pool that answers most, cpu to PHP that of processor time; in brackets stand \
        the least and the greatest of one round. gen is the share of a core the load generator used.
        """

    var table: String {
        var rows = [["form", "server", "req/s", "MB/s", "cpu", "to PHP", "", "cpu to PHP", "", "p50", "p99", "gen"]]
        for page in pages {
            let figures = page.figures
            rows.append(
                [
                    page.form, page.server, whole(figures.requestsPerSecond), tenths(page.megabytesPerSecond),
                    tenths(figures.processorMicroseconds),
                ]
                    + cells(page.toPHP, hundredths) + cells(page.processorToPHP, hundredths)
                    + [whole(figures.p50), whole(figures.p99), whole(figures.generatorShare * 100) + "%"])
        }
        return aligned(rows)
    }

    init(_ conditions: Conditions) {
        self.conditions = conditions
    }
}

/// The figures of one form at one server.
struct FormFigures: Codable {
    let form: String
    let server: String
    let figures: Figures
    let megabytesPerSecond: Double
    var toPHP: Spread?
    var processorToPHP: Spread?
}

extension FormReport {
    mutating func compare(_ measured: [(page: FormPage, figures: Figures)]) {
        for exchange in FormExchange.allCases { compare(exchange, measured.filter { $0.page.exchange == exchange }) }
    }

    private mutating func compare(_ exchange: FormExchange, _ measured: [(page: FormPage, figures: Figures)]) {
        let best = measured.filter { $0.page.server.name.hasPrefix("php-") }
            .max { $0.figures.requestsPerSecond < $1.figures.requestsPerSecond }
        php[exchange.rawValue] = best?.page.server.name
        let size = Double(exchange.body.count) / 1e6
        for (page, figures) in measured {
            func ratios(_ runs: (Figures) -> [Double]) -> Spread? {
                best.flatMap { Spread(of: runs(figures), to: runs($0.figures)) }
            }
            pages.append(
                FormFigures(
                    form: exchange.rawValue, server: page.server.name, figures: figures,
                    megabytesPerSecond: figures.requestsPerSecond * size, toPHP: ratios(\.runs),
                    processorToPHP: ratios(\.processorRuns)))
        }
    }
}
