import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("error pages")
    struct ErrorPagesTests {
        private struct Secret: Error, CustomStringConvertible {
            var description: String { "SECRET-DETAIL: the table 'birds' has no column <b>wing_span</b>" }
        }

        private struct RequireLogin: Middleware {
            func respond(to request: Request, next: any Responder) async throws -> Response {
                try await next.respond(to: request)
            }
        }

        private static func routes(_ router: inout Router) {
            router.get("/") { _ in "start" }
            router.get("/birds") { _ in "" }
            router.post("/birds") { _ in "" }
            router.get("/birds/{name}") { _ -> String in throw Secret() }
            router.group("/admin") { admin in
                admin.use(RequireLogin())
                admin.get("/users") { _ in "" }
                admin.delete("/users/{id}") { _ in "" }
            }
            router.get("/files/{path...}") { _ in "" }
        }

        private static func site(isDevelopment: Bool) throws -> (application: LocalApplication, nginx: NginxServer) {
            var router = Router()
            routes(&router)
            let errors = try Application(router: router).errors(isDevelopment: isDevelopment)
            let application = try LocalApplication(errors: errors, routes: routes)
            return (application, try NginxServer(before: application.socket))
        }

        @Test("show visitors what they can do, on a desktop and on a phone", .enabled(if: Browser.isInstalled))
        func production() throws {
            let site = try Self.site(isDevelopment: false)
            let driver = try WebDriver()
            let (desktop, phone) = (try Browser(on: driver), try Browser(on: driver, width: 390, height: 844))
            try desktop.open(site.nginx.url("/nowhere"))
            #expect(try desktop.text(of: "h1") == "Not Found")
            #expect(try desktop.title == "404 Not Found")
            // The styles are applied, though the page may load nothing.
            #expect(try desktop.run("return getComputedStyle(document.querySelector('main')).borderRadius") == "17px")
            try desktop.screenshot().keep(as: "error-404")
            try desktop.follow("main a")
            #expect(try desktop.path == "/")
            try phone.open(site.nginx.url("/birds/wren"))
            #expect(try phone.text(of: "h1") == "Internal Server Error")
            #expect(try !phone.text(of: "html").contains("SECRET"))
            #expect(try phone.run("return document.documentElement.scrollWidth") == 390)
            try phone.call(
                "POST", "/goog/cdp/execute",
                [
                    "cmd": "Emulation.setEmulatedMedia",
                    "params": ["features": [["name": "prefers-color-scheme", "value": "dark"]]],
                ])
            #expect(
                try phone.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)")
            try phone.screenshot().keep(as: "error-500-phone-dark")
        }

        @Test("show authors the cause, the request and the routes", .enabled(if: Browser.isInstalled))
        func development() throws {
            let site = try Self.site(isDevelopment: true)
            let driver = try WebDriver()
            let (desktop, phone) = (
                try Browser(on: driver, height: 1100), try Browser(on: driver, width: 390, height: 844)
            )
            try desktop.open(site.nginx.url("/birds/wren?page=2&token=hidden"))
            #expect(try desktop.text(of: "h1") == "500 Internal Server Error")
            let text = try desktop.text(of: "main")
            #expect(text.contains("SECRET-DETAIL: the table 'birds' has no column <b>wing_span</b>"))
            #expect(!text.contains("hidden"))
            #expect(try desktop.text(of: ".matched") == "GET /birds/{name}")
            #expect(try desktop.count(of: "pre b") == 0)
            try desktop.screenshot().keep(as: "error-500-development")
            try phone.open(site.nginx.url("/admin/user"))
            #expect(try phone.text(of: "h1") == "404 Not Found")
            #expect(try phone.text(of: ".routes").contains("/admin/users"))
            #expect(try phone.run("return document.documentElement.scrollWidth") == 390)
            try phone.screenshot().keep(as: "error-404-development-phone")
        }

        @Test("of CGI programs show causes in development only", arguments: ["text/html", "application/json", "*/*"])
        func cgi(accept: String) throws {
            for environment in [nil, "production", "development"] {
                var variables = CGITests.environment(path: "/helo/you", adding: ["HTTP_ACCEPT": accept])
                variables["NESTBOX_ENVIRONMENT"] = environment
                let child = try ChildProcess(ExampleProgram.path("Hello"), environment: variables)
                let output = try child.output(input: [])
                let response = try CGIResponse(parsing: output.stdout)
                #expect(response.status == 404)
                #expect(response.text.contains("/hello/{name}") == (environment == "development"), "\(response.text)")
                let log = String(decoding: output.stderr, as: UTF8.self)
                #expect(log.contains("is shown the causes of errors") == (environment == "development"), "\(log)")
            }
        }
    }
}
