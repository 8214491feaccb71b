import Foundation

/// The figures of one side in one scenario; each is the median of its runs.
struct SideFigures: Codable {
    let requestsPerSecond: Double
    /// Processor time of the application alone, in microseconds per request.
    let processorMicroseconds: Double
    /// Latencies, in microseconds.
    let p50: Double
    let p90: Double
    let p99: Double
    let max: Double
    let memoryKiB: Double
    /// How much of one core the load generator used.
    let generatorShare: Double
    let runs: [Double]

    fileprivate init(_ runs: [Run]) {
        func middle(_ figure: (Run) -> Double) -> Double { median(runs.map(figure)) }
        requestsPerSecond = middle { $0.load.requestsPerSecond }
        processorMicroseconds = middle { $0.processorMicroseconds }
        p50 = middle { $0.load.p50 }
        p90 = middle { $0.load.p90 }
        p99 = middle { $0.load.p99 }
        max = middle { $0.load.max }
        memoryKiB = middle { Double($0.memoryKiB) }
        generatorShare = middle { $0.load.generatorSeconds / $0.load.seconds }
        self.runs = runs.map(\.load.requestsPerSecond)
    }
}

/// Both sides of one scenario.
struct Comparison: Codable {
    let scenario: String
    let c: SideFigures
    let ours: SideFigures
    /// Requests per second, ours to C's; of the medians.
    let ratio: Double
    /// The least and the greatest ratio of one round.
    let lowestRatio: Double
    let highestRatio: Double
}

private struct Run {
    let load: LoadFigures
    let processorMicroseconds: Double
    let memoryKiB: Int
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
        let cRuns = runs[.c] ?? []
        let ourRuns = runs[.ours] ?? []
        let c = SideFigures(cRuns)
        let ours = SideFigures(ourRuns)
        let ratios = zip(ours.runs, c.runs).map { $0 / $1 }
        return Comparison(
            scenario: scenario.name, c: c, ours: ours, ratio: ours.requestsPerSecond / c.requestsPerSecond,
            lowestRatio: ratios.min() ?? 0, highestRatio: ratios.max() ?? 0)
    }

    private func run(_ side: Side, seconds: Double) throws -> Run {
        guard let application = applications[side] else { throw Failure("no server of side \(side)") }
        let tree = processTree(of: application.process)
        let before = processorNanoseconds(of: tree)
        let (figures, status) = try load(side, clients: scenario.clients, seconds: seconds)
        let after = processorNanoseconds(of: tree)
        guard let figures, status == 0, figures.requests > 0 else {
            let errors = figures.map { "\($0.errors) wrong or missing answers" } ?? "the load generator failed"
            throw Failure("\(scenario.name), side \(side): \(errors)\(lastWords(of: side))")
        }
        return Run(
            load: figures, processorMicroseconds: Double(after - before) / 1000 / Double(figures.requests),
            memoryKiB: residentKiB(of: tree))
    }
}

func median(_ values: [Double]) -> Double {
    quantile(values, 0.5)
}

/// Halfway between its neighbours when it falls between two values.
func quantile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.indices.last else { return 0 }
    let place = share * Double(last)
    return (sorted[Int(place.rounded(.down))] + sorted[Int(place.rounded(.up))]) / 2
}
