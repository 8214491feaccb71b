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
        var pages = stage.pages
        var runs: [String: [Run]] = [:]
        // The first round is the warm-up.
        for round in 0...options.rounds {
            printError(round == 0 ? "warm-up ..." : "round \(round) of \(options.rounds) ...")
            // Another page begins each round, so that a drift hits all alike.
            let first = pages.isEmpty ? 0 : round % pages.count
            for page in pages[first...] + pages[..<first] {
                do {
                    let run = try stage.run(page, seconds: round == 0 ? min(0.3, options.seconds) : options.seconds)
                    if round > 0 { runs[page.name, default: []].append(run) }
                } catch let failure as Failure {
                    // What is wrong once has no figures.
                    pages.removeAll { $0.name == page.name }
                    complain(failure.description)
                }
            }
        }
        let figures = Dictionary(uniqueKeysWithValues: pages.map { ($0.name, Figures(runs[$0.name] ?? [])) })
        report.compare(pages, figures)
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
