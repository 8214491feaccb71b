import Glibc
import Nestbox

/// A program that prints where it should not, and tells what a program that it starts would see. For the tests of CGI.
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
