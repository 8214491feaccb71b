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

    /// What each round of one has of the same round of the other.
    init?(of values: [Double], to others: [Double]) {
        self.init(zip(values, others).map { $0 / $1 })
    }
}

/// Two cells of a table: the median, and the least and the greatest in brackets.
func cells(_ spread: Spread?, _ format: (Double) -> String) -> [String] {
    guard let spread else { return ["", ""] }
    return [format(spread.median), "(\(format(spread.least))-\(format(spread.greatest)))"]
}
