import Foundation

/// Measures pages with sessions, ours beside those of others.
enum SessionRun {
    static func report(_ options: Options, _ programs: Programs, _ directory: URL) throws -> SessionReport {
        var report = SessionReport(
            cores: Nginx.workers, secondsPerRun: options.seconds, rounds: options.rounds, clients: options.clients)
        func complain(_ text: String) {
            Belongings.standStillIfEnding()
            report.failures.append(text)
            printError("Benchmark: \(text)")
        }
        let stage = try SessionStage(options, programs: programs, directory: directory, complain: complain)
        defer { stage.end() }
        let measured = try Rounds.figures(
            of: stage.pages, named: \.name, options, complain: complain, run: stage.run)
        let figures = Dictionary(uniqueKeysWithValues: measured.map { ($0.page.name, $0.figures) })
        report.compare(measured.map(\.page), figures)
        return report
    }
}

extension SessionReport {
    fileprivate mutating func compare(_ pages: [SessionPage], _ figures: [String: Figures]) {
        php = pages.map(\.name).filter { $0.hasPrefix("php-") }
            .max { figures[$0]?.requestsPerSecond ?? 0 < figures[$1]?.requestsPerSecond ?? 0 }
        for page in pages {
            guard let own = figures[page.name] else { continue }
            func ratios(to other: String?) -> Spread? {
                guard let other = other.flatMap({ figures[$0] }) else { return nil }
                return Spread(zip(own.runs, other.runs).map { $0 / $1 })
            }
            let hello = page.hello.flatMap { figures[$0] }
            self.pages.append(
                SessionFigures(
                    page: page.name, figures: own,
                    overHello: hello.flatMap { Spread(zip(own.processorRuns, $0.processorRuns).map { $0 - $1 }) },
                    toPHP: ratios(to: php), toBlackSheep: ratios(to: "blacksheep")))
        }
    }
}
