import HTTPTypes
import NestboxHTTP

/// Routes as a tree of path segments, so that finding one takes as many steps as the path has segments, however many
/// routes there are.
///
/// Text wins over a parameter and a parameter over the rest of a path, segment by segment from the left; when that leads
/// nowhere, the next best is tried.
struct RouteTree: Sendable {
    /// What stands at one path.
    struct Endpoint: Sendable {
        var responders: [HTTPRequest.Method: Route] = [:]
        /// For methods that have no route of their own.
        var any: Route?
    }

    /// One route: what answers, and the names of the parameters, which may differ between methods of one path.
    struct Route: Sendable {
        var responder: any Responder
        /// What the responder is wrapped in.
        var middleware: [any Middleware] = []
        var names: [String]
        var pattern: String
    }

    /// An endpoint and the texts that parameters matched.
    struct Match {
        var endpoint: Endpoint
        var values: [String]
    }

    private struct Node: Sendable {
        var texts: [Text: Int] = [:]
        var parameter: Int?
        var endpoint: Endpoint?
        /// `{name...}` below this node.
        var rest: Endpoint?
    }

    /// The text of a segment, which is another when its bytes are: web servers compare bytes where they guard a location, and
    /// Swift takes canonically equivalent strings, such as `K` and the Kelvin sign, for equal.
    private struct Text: Hashable, Sendable {
        var text: String

        init(_ text: String) { self.text = text }

        // Strings of the same bytes have the same hash.
        static func == (one: Text, other: Text) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }
    }

    private var nodes = [Node()]

    /// Adds a route.
    /// - Returns: Whether there was none for this method and pattern before.
    mutating func insert(_ route: Route, method: HTTPRequest.Method?, pattern: RoutePattern) -> Bool {
        var index = 0
        for segment in pattern.segments {
            switch segment {
            case .text(let text):
                let text = Text(text)
                index = child(nodes[index].texts[text]) { tree, child in tree.nodes[index].texts[text] = child }
            case .parameter:
                index = child(nodes[index].parameter) { tree, child in tree.nodes[index].parameter = child }
            case .rest: return Self.insert(route, method, into: &nodes[index].rest)
            }
        }
        return Self.insert(route, method, into: &nodes[index].endpoint)
    }

    private mutating func child(_ existing: Int?, _ link: (inout RouteTree, Int) -> Void) -> Int {
        if let existing { return existing }
        nodes.append(Node())
        link(&self, nodes.count - 1)
        return nodes.count - 1
    }

    private static func insert(_ route: Route, _ method: HTTPRequest.Method?, into endpoint: inout Endpoint?) -> Bool {
        var changed = endpoint ?? Endpoint()
        defer { endpoint = changed }
        if let method {
            return changed.responders.updateValue(route, forKey: method) == nil
        }
        defer { changed.any = route }
        return changed.any == nil
    }

    /// Finds what stands at a percent-encoded path.
    ///
    /// Segments are decoded one by one, so that `%2F` stays inside its own.
    func match(_ rawPath: String) -> Match? {
        var values: [String] = []
        var path = rawPath.utf8[...]
        if path.first == slash { path.removeFirst() } else if !path.isEmpty { return nil }
        guard let endpoint = match(path, isFirst: rawPath.isEmpty, at: 0, &values) else { return nil }
        return Match(endpoint: endpoint, values: values)
    }

    private func match(
        _ path: Substring.UTF8View, isFirst: Bool, at index: Int, _ values: inout [String]
    ) -> Endpoint? {
        let node = nodes[index]
        if isFirst { return node.endpoint }
        let end = path.firstIndex(of: slash)
        let segment = PercentEncoding.decode(Substring(path[..<(end ?? path.endIndex)]))
        let rest = end.map { path[path.index(after: $0)...] }
        if let next = node.texts[Text(segment)], let found = below(next, rest, &values) { return found }
        if let next = node.parameter, !segment.isEmpty {
            values.append(segment)
            if let found = below(next, rest, &values) { return found }
            values.removeLast()
        }
        guard let endpoint = node.rest else { return nil }
        values.append(PercentEncoding.decode(Substring(path)))
        return endpoint
    }

    private func below(_ index: Int, _ path: Substring.UTF8View?, _ values: inout [String]) -> Endpoint? {
        guard let path else { return nodes[index].endpoint }
        return match(path, isFirst: false, at: index, &values)
    }
}

private let slash = UInt8(ascii: "/")
