import Nestbox
import Testing

@Suite("route patterns", .timeLimit(.minutes(1)))
struct RoutePatternTests {
    @Test(
        "that cannot be used are refused when the application is made, and named",
        arguments: [
            "birds", "{name}", "*", "/{}", "/{...}", "/{a", "/a}", "/x{a}", "/{a}x", "/{a}{b}", "/*", "/a*", "/{a}/{a}",
            "/{a}/b/{a...}", "/{a...}/b", "/{a...}/", "/{a b}", "/{a/b}", "/{a.b}", "/{a....}", "/{{a}}", "/{a?}",
            "/{+a}",
        ])
    func malformed(pattern: String) {
        var router = Router()
        router.get(pattern) { _ in "" }
        let error = #expect(throws: RoutePatternError.self) { try Application(router: router) }
        #expect(error?.description.contains("'\(pattern)'") == true)
    }

    @Test(
        "that are there twice are refused, whatever their parameters are called",
        arguments: [("/a", "/a"), ("/", ""), ("/{a}/x", "/{b}/x"), ("/{a...}", "/{b...}"), ("/{a...}", "/{b...}")])
    func duplicates(first: String, second: String) {
        var router = Router()
        router.get(first) { _ in "" }
        router.get(second) { _ in "" }
        let error = #expect(throws: RoutePatternError.self) { try Application(router: router) }
        #expect(error?.description.contains("GET") == true)
        var any = Router()
        any.any(first) { _ in "" }
        any.any(second) { _ in "" }
        #expect(throws: RoutePatternError.self) { try Application(router: any) }
    }

    @Test("of one path may differ in their methods, and so may the names of their parameters")
    func methods() {
        var router = Router()
        router.get("/{a}") { _ in "" }
        router.post("/{b}") { _ in "" }
        router.any("/{c}") { _ in "" }
        router.get("/{a...}") { _ in "" }
        router.get("/a") { _ in "" }
        router.get("/a/") { _ in "" }
        let routes = router
        #expect(throws: Never.self) { try Application(router: routes) }
    }

    @Test("are checked with the path of their group")
    func groups() {
        var router = Router()
        router.group("/{id}") { $0.get("/{id}") { _ in "" } }
        let error = #expect(throws: RoutePatternError.self) { try Application(router: router) }
        #expect(error?.description.contains("'/{id}/{id}'") == true)
        var missing = Router()
        missing.group("admin") { $0.get("/x") { _ in "" } }
        #expect(throws: RoutePatternError.self) { try Application(router: missing) }
    }
}
