/// Both sides of one scenario.
struct Comparison: Codable {
    let scenario: String
    let c: Figures
    let ours: Figures
    /// Requests per second, ours to C's; of the medians.
    let ratio: Double
    /// The least and the greatest ratio of one round.
    let lowestRatio: Double
    let highestRatio: Double
}

extension Stage {
    /// Measures both sides in turn; which one begins changes from round to round, so that a drift hits both alike.
    func measure(seconds: Double, rounds: Int) throws -> Comparison {
        for side in Side.allCases { _ = try run(side, seconds: min(0.3, seconds)) }
        var runs: [Side: [Run]] = [:]
        for round in 0..<rounds {
            for side in round.isMultiple(of: 2) ? Side.allCases : Side.allCases.reversed() {
                runs[side, default: []].append(try run(side, seconds: seconds))
            }
        }
        let c = Figures(runs[.c] ?? [])
        let ours = Figures(runs[.ours] ?? [])
        let ratios = zip(ours.runs, c.runs).map { $0 / $1 }
        return Comparison(
            scenario: scenario.name, c: c, ours: ours, ratio: ours.requestsPerSecond / c.requestsPerSecond,
            lowestRatio: ratios.min() ?? 0, highestRatio: ratios.max() ?? 0)
    }

    private func run(_ side: Side, seconds: Double) throws -> Run {
        guard let application = applications[side] else { throw Failure("no server of side \(side)") }
        do {
            return try Run("\(scenario.name), side \(side)", of: application) {
                try load(side, clients: scenario.clients, seconds: seconds)
            }
        } catch let failure as Failure {
            throw Failure(failure.description + (nginx?.lastWords ?? ""))
        }
    }
}
