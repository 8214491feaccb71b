import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the command routes", .timeLimit(.minutes(1)))
struct RouteListingTests {
    private let router: Router = {
        var router = Router()
        router.get("/") { _ in "" }
        router.group("/birds") { birds in
            birds.use(BodyLimitMiddleware(1))
            birds.post("/{name}") { _ in "" }
        }
        return router
    }()

    @Test("shows method, path and middleware, below what every request passes, without a secret and without a socket")
    func table() throws {
        let run = try CommandRun(["routes"], router: router, middleware: [SecurityHeadersMiddleware()])
        #expect(run.status == .success && run.error == nil)
        #expect(
            run.text == """
                Every request passes SessionMiddleware, SecurityHeadersMiddleware.

                GET   /
                POST  /birds/{name}  BodyLimitMiddleware
                """)
    }

    @Test("shows the routes alone when nothing is in front of them")
    func alone() throws {
        let run = try CommandRun(["routes"], router: router) { _ in }
        #expect(run.lines == ["GET   /\nPOST  /birds/{name}  BodyLimitMiddleware"])
    }

    @Test("says so when there are none")
    func none() throws {
        let empty = try CommandRun(["routes"]) { _ in }
        #expect(empty.lines.isEmpty && empty.notes == ["No routes: every path is answered with 404."])
        let responder = Application(responder: ClosureResponder { _ in Response(status: .ok) })
        let whole = try CommandRun(["routes"], responder)
        #expect(whole.lines.isEmpty && whole.notes == ["No routes: one responder answers everything."])
        #expect(whole.status == .success)
    }
}
