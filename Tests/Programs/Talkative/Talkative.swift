import Glibc
import Nestbox

/// A program that prints where it should not, shows the proxy that a program it starts would use, and streams events.
///
/// For the tests of CGI.
@main
struct Talkative {
    static func main() throws {
        print("printed before the start")
        var router = Router()
        router.get("/print") { _ in
            print("printed by a handler")
            fflush(nil)
            return "response\n"
        }
        router.get("/proxy") { _ in
            getenv("HTTP_PROXY").map { String(cString: $0) } ?? "no proxy\n"
        }
        router.get("/events") { _ in
            Response.events(heartbeat: .milliseconds(10)) { events in
                try await events.send(ServerSentEvent(data: "and then nothing"))
                for await _ in AsyncStream<Never>.makeStream().stream {}
            }
        }
        try Application(router: router).run()
    }
}
