public import NestboxGateway
public import NestboxHTTP

/// What a web server may expect of a FastCGI gateway, as checks that are run over the wire.
///
/// The gateway under test answers with ``responder`` and is configured for each check with
/// ``Check/configuration``; how it is started and where it listens is the caller's affair:
///
///     @Test("keeps the contract", arguments: GatewayContract.checks)
///     func contract(check: GatewayContract.Check) async throws {
///         let directory = try TemporaryDirectory()
///         let address = directory.socket()
///         var configuration = check.configuration
///         configuration.listen = [try ListenAddress("\(address)")]
///         let gateway = FastCGIGateway(configuration: configuration, responder: GatewayContract.responder, logger: logger)
///         try gateway.start()
///         defer { gateway.stop() }
///         try await check.run { try FastCGIConnection(to: address) }
///     }
///
/// The checks know nothing of the gateway but what comes over its connections: the responder notes what its handlers go
/// through and tells it when asked.
public enum GatewayContract {
    /// One expectation.
    public struct Check: Sendable, CustomStringConvertible {
        /// The expectation in a sentence.
        public let name: String
        /// Where it comes from: a clause of the FastCGI specification or of RFC 3875, or a known failure of libfcgi
        /// (L1 to L26) or of another program.
        public let source: String
        /// What the gateway is to be configured with; where it listens is left open.
        public let configuration: GatewayConfiguration
        /// Whether the check counts what the process of the gateway holds, so that nothing else may go on in it.
        public let countsDescriptors: Bool

        private let body: @Sendable (Client) throws -> Void

        init(
            _ name: String, _ source: String, countsDescriptors: Bool = false,
            configure: (inout GatewayConfiguration) -> Void = { _ in },
            _ body: @escaping @Sendable (Client) throws -> Void
        ) {
            var configuration = GatewayConfiguration()
            configuration.workers = 4
            configuration.limits.connections = 64
            configure(&configuration)
            self.name = name
            self.source = source
            self.configuration = configuration
            self.countsDescriptors = countsDescriptors
            self.body = body
        }

        /// The name and the source.
        public var description: String { "\(name) (\(source))" }

        /// Holds a gateway to the expectation.
        /// - Parameter connect: Connects to the gateway; it is called for every connection that the check needs.
        /// - Throws: ``Violation``, or a ``TestingError`` when the gateway did not answer as FastCGI has it.
        public func run(_ connect: @escaping @Sendable () throws -> FastCGIConnection) async throws {
            let (body, configuration) = (body, configuration)
            try await onOwnThread { try body(Client(configuration: configuration, connect: connect)) }
        }
    }

    /// A gateway did not do what a check expects.
    public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
        /// What was expected, and what was seen instead.
        public let description: String
    }

    /// All checks.
    public static var checks: [Check] {
        framing + management + roles + unreadBodies + parameters + bodies + abandonment + heads + bodiesOfResponses
            + streams + deadlines + crowds + mutations
    }

    /// Answers the requests of the checks; every gateway under test gets one of its own.
    public static var responder: any Responder { ContractResponder() }
}
