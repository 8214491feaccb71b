/// Pages that take turns under the load.
enum Rounds {
    /// Measures every page once in each round, after a warm-up, and returns what came of those without a fault.
    ///
    /// Another page begins each round, so that a drift hits all alike.
    static func figures<Page>(
        of pages: [Page], named name: (Page) -> String, _ options: Options, complain: (String) -> Void,
        run: (Page, _ seconds: Double) throws -> Run
    ) throws -> [(page: Page, figures: Figures)] {
        var pages = pages
        var runs: [String: [Run]] = [:]
        // The first round is the warm-up.
        for round in 0...options.rounds {
            printError(round == 0 ? "warm-up ..." : "round \(round) of \(options.rounds) ...")
            let first = pages.isEmpty ? 0 : round % pages.count
            for page in pages[first...] + pages[..<first] {
                do {
                    let run = try run(page, round == 0 ? min(0.3, options.seconds) : options.seconds)
                    if round > 0 { runs[name(page), default: []].append(run) }
                } catch let failure as Failure {
                    // What is wrong once has no figures.
                    pages.removeAll { name($0) == name(page) }
                    complain(failure.description)
                }
            }
        }
        return pages.map { ($0, Figures(runs[name($0)] ?? [])) }
    }
}
