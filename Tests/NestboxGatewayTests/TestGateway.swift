import Logging
import NestboxGateway
import NestboxHTTP
import NestboxTesting
import Testing

/// A gateway in this process, on a socket of its own.
final class TestGateway: Sendable {
    enum Transport {
        case unix
        case tcp
    }

    let gateway: FastCGIGateway
    let address: LoopbackAddress
    private let directory: TemporaryDirectory

    init(
        _ configuration: GatewayConfiguration = GatewayConfiguration(), _ transport: Transport = .unix,
        responder: any Responder = GatewayContract.responder, errors: ErrorResponses = .negotiated,
        logger: Logger = .silent, accessLog: AccessLog? = nil
    ) throws {
        directory = try TemporaryDirectory()
        let path = directory.path("socket")
        var configuration = configuration
        configuration.listen = [transport == .unix ? .unix(path) : .tcp(host: "127.0.0.1", port: 0)]
        gateway = FastCGIGateway(
            configuration: configuration, responder: responder, errors: errors, logger: logger, accessLog: accessLog)
        try gateway.start()
        address =
            if case .tcp(_, let port) = gateway.addresses.first { .port(port) } else { .unix(path: path) }
    }

    func connect(timeout: Duration = .seconds(5)) throws -> FastCGIConnection {
        try FastCGIConnection(to: address, timeout: timeout)
    }

    @discardableResult
    func stop() -> Bool { gateway.stop() }
}

/// Runs the body of an exit test: what that throws, and what its expectations say, would not be told.
func reporting(_ body: () async throws -> Void) async {
    do {
        try await body()
    } catch {
        Issue.record(error)
    }
}

extension Logger {
    /// A logger that throws away what it is given.
    static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
}
