import Glibc
import Nestbox

/// A program that prints where it should not, and shows the proxy that a program it starts would use.
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
        try Application(router: router).run()
    }
}
