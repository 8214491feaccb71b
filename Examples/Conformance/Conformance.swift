import Glibc
import Nestbox

/// Shows what the framework's public API makes of requests, for test suites that speak to it from outside.
@main
struct Conformance {
    static func main() throws {
        var configuration = try ApplicationConfiguration()
        configuration.gateway.limits.body = 24 << 20
        var router = Router()
        router.addEchoRoutes()
        router.addRoutingRoutes()
        router.addCookieRoutes()
        router.addResponseRoutes()
        router.addTokenRoutes()
        router.addFiles(of: getenv("CONFORMANCE_STATIC_ROOT").map { String(cString: $0) })
        try router.addSessions(configuration.sessions.file.directory)
        let errors = ErrorResponses { error, _ in
            (try? .json(["error": error.message], status: error.status)) ?? Response(status: error.status)
        }
        try Application(router: router, errors: errors).run(configuration)
    }
}

/// What a test put into a request that makes no sense.
func badRequest(_ error: any Error) -> HTTPError {
    HTTPError(.badRequest, "\(error)")
}
