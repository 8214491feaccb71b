public import Logging
public import NestboxGateway
import NestboxHTTP

extension TestClient {
    /// How a client makes requests.
    public struct Configuration: Sendable {
        /// Where the application is mounted, such as `/app`; `""`, the default, is the root.
        ///
        /// Requests name it: the application's `/birds` is then `client.get("/app/birds")`. `/app` without a slash does
        /// not get there, as with real servers, unless `gateway.basePath` has the mount point too.
        public var mountPoint = ""
        /// Whether requests come over HTTPS.
        public var isSecure = false
        /// The host, with its port when it has one; `localhost` by default.
        public var host = "localhost"
        /// The client's address, or `nil` when the web server does not tell it.
        public var remoteAddress: String? = "127.0.0.1"
        /// Meta-variables that replace the ones made of a request, or, with `nil`, take them away.
        public var variables: [String: String?] = [:]
        /// What a gateway is configured with, of which what concerns requests counts: not its listeners, workers and times.
        public var gateway = GatewayConfiguration()
        /// What requests' loggers are made of; by default entries are dropped.
        public var logger = Logger(label: "nestbox.test") { _ in SwiftLogNoOpLogHandler() }
        /// Whether errors are answered with their causes, as with `environment=development`.
        public var isDevelopment = false
        /// How many redirects are followed; 0, the default, hands over the redirect itself.
        public var redirectLimit = 0

        /// The defaults.
        public init() {}

        var settings: RequestSettings {
            RequestSettings(gateway, isCGI: false, logger: logger)
        }
    }
}
