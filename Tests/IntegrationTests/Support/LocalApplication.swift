import Logging
import Nestbox
import NestboxTesting

/// An application of a test's own behind a gateway in this process: its handlers and the test can wait for each other.
final class LocalApplication {
    let directory: TemporaryDirectory
    let socket: LoopbackAddress
    private let gateway: FastCGIGateway

    init(
        _ configure: (inout GatewayConfiguration) -> Void = { _ in }, middleware: [any Middleware] = [],
        errors: ErrorResponses = .negotiated,
        routes: (inout Router) -> Void
    ) throws {
        directory = try TemporaryDirectory()
        socket = directory.socket("app.sock")
        var router = Router()
        routes(&router)
        let application = try Application(router: router, middleware: middleware)
        var configuration = GatewayConfiguration()
        configuration.limits.largestBody = application.largestBody
        configuration.listen = [.unix(directory.path("app.sock"))]
        configure(&configuration)
        gateway = FastCGIGateway(
            configuration: configuration, responder: try application.responder(), errors: errors,
            logger: Logger(label: "test") { LineLogHandler(label: $0, level: .critical) })
        try gateway.start()
    }

    deinit { gateway.stop() }
}
