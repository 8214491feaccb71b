import Nestbox

@main
struct Clock {
    static func main() throws {
        let ticker = Ticker()
        var router = Router()

        router.get("/") { _ in Pages.clock }

        // Each stream only waits for the one ticker. `after` is from pages whose EventSource has given up, as it does when
        // it meets an error page: a new one knows no Last-Event-ID.
        router.get("/ticks") { request in
            let last = try (request.lastEventID ?? request.query["after"]).flatMap { Int64($0) }
            let ticks = ticker.watch()
            return Response.events(retry: .seconds(1)) { events in
                let now = Ticker.now
                if let last, last < now, last > 0 {
                    try await events.send(ServerSentEvent(data: "\(now - last)", event: "away"))
                }
                try await events.send(ticker.tick)
                for await tick in ticks { try await events.send(tick) }
            }
        }

        router.get("/viewers") { _ in "\(ticker.viewers)\n" }

        try Application(router: router).run()
    }
}
