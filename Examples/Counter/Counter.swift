import Nestbox

@main
struct Counter {
    static func main() throws {
        var router = Router()
        router.get("/") { request in
            let session = try await request.session
            let visits = session[.visits, default: 0]
            // Not `session[.visits] = visits + 1`: of two tabs that load at once, both are counted.
            try session.increment(.visits)
            return page(visits)
        }
        var app = try Application(router: router)
        app.useSessions()
        try app.run()
    }

    private static func page(_ visits: Int) -> Response {
        .html(
            """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            <title>Counter</title>
            <style>
                :root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
                body { min-height: 90vh; display: grid; place-content: center; text-align: center; }
                #visits { font-size: 6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
            </style>
            <p>Visits before this one:</p>
            <strong id="visits">\(visits)</strong>
            <p><a href="">Once more</a></p>
            """)
    }
}

extension SessionKey where Value == Int {
    static var visits: Self { Self("visits") }
}
