import Logging
import NestboxHTTP

extension FuzzTarget {
    /// `Host` fields, and absolute URLs made of them.
    static let host = FuzzTarget("host") { input in
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let variables = CGIVariables([
            ("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/"), ("HTTP_HOST", String(decoding: input, as: UTF8.self)),
        ])
        let head = RequestHead(variables: variables, settings: RequestSettings(logger: logger))
        guard head.refusal == nil, !input.isEmpty else { return }
        let url = try Request(head: head, body: .empty).url(for: "/nests/7")
        try expect(url.hasPrefix("http://") && url.hasSuffix("/nests/7"), "a URL has a scheme and a path: \(url)")
        let authority = url.utf8.dropFirst("http://".utf8.count).dropLast("/nests/7".utf8.count)
        try expect(
            !authority.isEmpty && authority.allSatisfy { $0 > 0x20 && $0 < 0x7F && !forbidden.contains($0) },
            "a host holds nothing that ends it elsewhere: \(url)")
        try expect(
            Authority(Array(authority)[...])?.host == Authority(input[...])?.host,
            "what was read can be written: \(url)")
    }

    private static let forbidden = Array("/\\@?#%<>\"' &".utf8)

    /// `Accept` fields.
    static let accept = FuzzTarget("accept") { input in
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let variables = CGIVariables([("HTTP_ACCEPT", String(decoding: input, as: UTF8.self))])
        let request = Request(
            head: RequestHead(variables: variables, settings: RequestSettings(logger: logger)), body: .empty)
        let offers = ["text/html", "application/json", "text/plain"]
        if let best = request.preferredMediaType(of: offers) {
            try expect(offers.contains(best), "what is preferred was offered")
            try expect(request.preferredMediaType(of: [best]) == best, "what is preferred is taken alone too")
        } else {
            try expect(
                offers.allSatisfy { request.preferredMediaType(of: [$0]) == nil },
                "what takes none takes not one of them")
        }
    }
}
