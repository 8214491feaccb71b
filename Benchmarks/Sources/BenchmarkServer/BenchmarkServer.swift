import Nestbox

/// The application that is measured.
///
/// Runs as a FastCGI and as a CGI program, as every application does.
@main
struct BenchmarkServer {
    static func main() throws {
        let configuration = try ApplicationConfiguration(
            options: [ConfigurationOption("state", "The directory where the program keeps its files.")])
        let page = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var router = Router()
        router.get("/hello") { _ in "Hello, World!" }
        router.post("/echo") { request in
            Response.bytes(try await request.body.collect())
        }
        router.get("/big") { _ in Response.bytes(page) }
        router.addFormRoutes()
        try router.addSessionRoutes(configuration)
        try Application(router: router).run(configuration)
    }
}
