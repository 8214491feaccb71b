import Nestbox

@main
struct Hello {
    static func main() throws {
        var router = Router()
        router.get("/") { _ in "Hello from Nestbox\n" }
        router.get("/hello/{name}") { request in try "Hello, \(request.parameters.require("name"))\n" }
        try Application(router: router).run()
    }
}
