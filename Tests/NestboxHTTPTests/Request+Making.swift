import HTTPTypes
import Logging
import NestboxHTTP

extension Request {
    /// A request made of meta-variables, as gateways make them.
    static func made(
        of variables: KeyValuePairs<String, String>, body: RequestBody = .empty, settings: RequestSettings = .test()
    ) -> Request {
        let variables = CGIVariables(variables.map { ($0.key, $0.value) })
        return Request(head: RequestHead(variables: variables, settings: settings), body: body)
    }
}

extension RequestSettings {
    /// Settings that log nothing.
    static func test(
        basePath: String? = nil, isCGI: Bool = false, trustedProxies: TrustedProxies = .none,
        allowedHosts: AllowedHosts = .any, bodyLimit: Int = 16 << 20, largestBody: Int = 0,
        headerLimit: Int = 100, formLimits: FormLimits = FormLimits(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) -> RequestSettings {
        RequestSettings(
            basePath: basePath, isCGI: isCGI, trustedProxies: trustedProxies, allowedHosts: allowedHosts,
            bodyLimit: bodyLimit, largestBody: largestBody, headerLimit: headerLimit, formLimits: formLimits,
            logger: logger)
    }
}

/// A body that comes in pieces, ended by its end or an error.
actor Pieces: RequestBody.Source {
    private var pieces: [[UInt8]]
    private let failure: HTTPError?
    private(set) var asked = 0

    init(_ pieces: [[UInt8]], failure: HTTPError? = nil) {
        self.pieces = pieces.reversed()
        self.failure = failure
    }

    func next() async throws -> [UInt8]? {
        asked += 1
        if let piece = pieces.popLast() { return piece }
        if let failure { throw failure }
        return nil
    }
}
