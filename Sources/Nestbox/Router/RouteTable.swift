import HTTPTypes
import NestboxHTTP

/// The routes of an application as people read them.
struct RouteTable: Sendable {
    /// One route.
    struct Row: Sendable, Equatable {
        /// The method, or `any`.
        var method: String
        /// The pattern of the path, with those of its groups in front.
        var pattern: String
        /// The types of the middleware of the router and its groups, the outermost first.
        var middleware: [String]
    }

    /// What stands for a method where a route takes all.
    static let anyMethod = "any"

    /// The routes, by their paths.
    let rows: [Row]

    init(_ rows: [Row]) {
        self.rows = rows.sorted { ($0.pattern, $0.method) < ($1.pattern, $1.method) }
    }

    /// A line for each route, in columns.
    var text: String {
        let width = (rows.map(\.method.count).max() ?? 0, rows.map(\.pattern.count).max() ?? 0)
        return rows.map { row in
            var line = row.method.padded(to: width.0) + "  " + row.pattern
            if !row.middleware.isEmpty {
                line = row.method.padded(to: width.0) + "  " + row.pattern.padded(to: width.1)
                line += "  " + row.middleware.joined(separator: ", ")
            }
            return line + "\n"
        }.joined()
    }

    /// The routes whose paths are most like one that was asked for, the nearest first.
    /// - Parameters:
    ///   - path: A decoded path, of which the first 200 bytes count.
    ///   - limit: How many at most.
    func nearest(to path: String, limit: Int = 5) -> [Row] {
        let wanted = Self.segments(path)
        return rows.map { (distance: Self.distance(wanted, Self.segments($0.pattern)), row: $0) }
            // What shares nothing is not near.
            .filter { $0.distance < max(3, wanted.reduce(0) { $0 + $1.count }) }
            .sorted { ($0.distance, $0.row.pattern, $0.row.method) < ($1.distance, $1.row.pattern, $1.row.method) }
            .prefix(limit).map(\.row)
    }

    private static func segments(_ path: String) -> [[UInt8]] {
        path.utf8.prefix(200).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
            .map(Array.init)
    }

    /// How many letters differ, segment by segment; what a parameter stands for differs a little from all texts.
    private static func distance(_ path: [[UInt8]], _ pattern: [[UInt8]]) -> Int {
        var distance = 0
        for (index, segment) in pattern.enumerated() {
            let isParameter = segment.first == UInt8(ascii: "{")
            if isParameter, segment.suffix(4).elementsEqual("...}".utf8) {
                return distance + 1 + max(0, path.count - index)
            }
            guard index < path.count else {
                distance += isParameter ? 2 : segment.count + 1
                continue
            }
            let letters = isParameter ? 1 : path[index].distance(to: segment)
            // A word of which hardly half is the same is another word.
            distance += letters > segment.count / 2 + 1 ? 2 * letters : letters
        }
        for segment in path.dropFirst(pattern.count) { distance += segment.count + 1 }
        return distance
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
