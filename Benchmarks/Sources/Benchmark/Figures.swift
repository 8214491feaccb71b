import Foundation

/// The figures of one application under one load; each is the median of its runs.
struct Figures: Codable {
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
    /// Requests per second of each run.
    let runs: [Double]
    /// Processor time of each run.
    let processorRuns: [Double]

    init(_ runs: [Run]) {
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
        processorRuns = runs.map(\.processorMicroseconds)
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
