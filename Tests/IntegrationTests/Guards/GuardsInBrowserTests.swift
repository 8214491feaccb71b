import Nestbox
import NestboxTesting
import Testing

extension Integration {
    /// What other origins can do to an application with a visitor's browser.
    ///
    /// The other origins are another port, which gets the same cookies, and another host.
    @Suite("guards in a browser", .enabled(if: Browser.isInstalled))
    struct GuardsInBrowserTests {
        /// A page at another origin, whose only field is what the test makes of it.
        private static let page = """
            default_type text/html;
            location / { return 200 "<!doctype html><title>Other</title><form method=post><input name=amount value=1000></form>"; }
            """

        private static func sessions() throws -> SessionMiddleware {
            try SessionMiddleware(try SessionConfiguration(secret: "a secret of at least thirty-two bytes"))
        }

        @Test("a form of another origin is not carried out, the application's own is")
        func forgery() throws {
            let carriedOut = Progress()
            let site = try LocalApplication(middleware: [try Self.sessions(), SecurityHeadersMiddleware()]) { router in
                router.use(CSRFMiddleware())
                router.get("/") { request in
                    Response.html(
                        """
                        <!doctype html><title>Bank</title>
                        <form method="post" action="/pay">\(try await request.csrfField)<input name="amount"><button>Pay</button></form>
                        """)
                }
                router.post("/pay") { request in
                    let amount = try await request.form()["amount"] ?? ""
                    carriedOut.add(1)
                    return Response.html("<!doctype html><p>Paid \(amount)</p>")
                }
            }
            let nginx = try NginxServer(before: site.socket, servers: [Self.page])
            let browser = try Browser()
            try browser.open(nginx.url("/"))
            try browser.type("5", into: "[name=amount]")
            try browser.follow("button")
            #expect(try browser.text(of: "p") == "Paid 5")
            #expect(carriedOut.count == 1)
            try browser.open(nginx.url("/"))
            let token = try browser.property("value", of: "[name=_csrf]")

            let port = "\(nginx.others[0])".split(separator: ":").last ?? ""
            for host in ["127.0.0.1", "localhost"] {
                for type in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] {
                    for isTokenKnown in [false, true] {
                        try browser.open("http://\(host):\(port)/")
                        try browser.run(
                            """
                            const form = document.forms[0];
                            form.action = arguments[0];
                            form.enctype = arguments[1];
                            if (arguments[2]) form.insertAdjacentHTML('afterbegin', `<input name=_csrf value=${arguments[2]}>`);
                            """, .string(nginx.url("/pay")), .string(type), isTokenKnown ? token : "")
                        try browser.submit()
                        #expect(try browser.url == nginx.url("/pay"))
                        #expect(
                            try browser.text(of: "main")
                                .contains("This request was sent by another site, and is not carried out."),
                            "\(host) \(type)")
                    }
                }
            }
            #expect(carriedOut.count == 1)
            // The visitor's own form, opened before all that, is still good.
            try browser.open(nginx.url("/"))
            try browser.type("7", into: "[name=amount]")
            try browser.follow("button")
            #expect(try browser.text(of: "p") == "Paid 7")
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("scripts of an allowed origin read and write, those of others do not")
        func sharing() throws {
            // The pages first, since the application must know their origin.
            let nobody = try TemporaryDirectory()
            let pages = try NginxServer(before: nobody.socket("nobody"), servers: [Self.page])
            let port = "\(pages.others[0])".split(separator: ":").last ?? ""
            let written = Progress()
            let cors = try CORSMiddleware(
                origins: ["http://127.0.0.1:\(port)"], allowsCredentials: true, exposes: [.eTag])
            let site = try LocalApplication(middleware: [cors, try Self.sessions()]) { router in
                router.get("/count") { request in
                    let count = try await request.session.increment("count")
                    return Response(headers: [.eTag: "\"\(count)\""], body: .string("count \(count)"))
                }
                router.put("/count") { request in
                    written.add(1)
                    return "written \(String(decoding: try await request.body.collect(), as: UTF8.self))"
                }
                router.get("/fails") { _ -> String in throw HTTPError(.conflict, "a conflict") }
            }
            let nginx = try NginxServer(before: site.socket)
            let browser = try Browser()
            let script = """
                return fetch(arguments[0], arguments[1])
                    .then(async r => `${r.status} ${(await r.text()).trim()} ${r.headers.get('ETag') ?? ''}`.trim(), e => e.name)
                """
            let put: JSON = ["method": "PUT", "body": "1", "headers": ["Content-Type": "application/json"]]
            try browser.open("http://127.0.0.1:\(port)/")
            for count in 1...2 {
                #expect(
                    try browser.run(script, .string(nginx.url("/count")), ["credentials": "include"])
                        == .string("200 count \(count) \"\(count)\""))
            }
            #expect(try browser.run(script, .string(nginx.url("/count")), put) == "200 written 1")
            #expect(try browser.run(script, .string(nginx.url("/fails")), [:]) == "409 a conflict")
            #expect(try browser.run(script, .string(nginx.url("/nowhere")), put) == #"404 {"error":"Not Found"}"#)
            #expect(written.count == 1)

            try browser.open("http://localhost:\(port)/")
            for (target, options) in [
                ("/count", ["credentials": "include"]), ("/count", put), ("/fails", [:]), ("/count", [:]),
            ] as [(String, JSON)] {
                #expect(try browser.run(script, .string(nginx.url(target)), options) == "TypeError", "\(target)")
            }
            // The preflight was refused, so that nothing was sent.
            #expect(written.count == 1)
        }

        @Test("the policy lets the page's own inline scripts and styles run, and no others")
        func policy() throws {
            let site = try LocalApplication(middleware: [SecurityHeadersMiddleware()]) { router in
                router.get("/") { request in
                    let nonce = request.cspNonce
                    return Response.html(
                        """
                        <!doctype html><title>before</title>
                        <style nonce="\(nonce)">h1 { width: 111px }</style><style>h1 { width: 222px }</style><h1>x</h1>
                        <script nonce="\(nonce)">window.ours = 1</script><script>window.theirs = 1</script>
                        <img src="/nothing" onerror="window.theirs = 2">
                        <script src="/script.js"></script>
                        """)
                }
                router.get("/script.js") { _ in
                    Response.bytes(Array("window.loaded = 1".utf8), type: "text/javascript")
                }
                router.get("/frame") { _ in Response.html("<iframe src=\"/\"></iframe>") }
            }
            let nginx = try NginxServer(before: site.socket)
            let browser = try Browser()
            try browser.open(nginx.url("/"))
            #expect(try browser.run("return [window.ours, window.theirs ?? 0, window.loaded]") == [1, 0, 1])
            #expect(try browser.run("return getComputedStyle(document.querySelector('h1')).width") == "111px")
            try browser.open(nginx.url("/frame"))
            // What is in the frame instead of the page is not of this origin.
            #expect(
                try browser.run("try { return frames[0].ours ?? 0 } catch (e) { return e.name }") == "SecurityError")
        }
    }
}
