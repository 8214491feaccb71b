import Glibc
import Nestbox

/// A program that writes the number of every request it answers into the file `LEDGER_BOOK`, and that can be brought down.
///
/// For the tests of processes. It goes to the directory `LEDGER_DIRECTORY` first. What the file `LEDGER_START` holds keeps it from starting: `fail`, `crash` or `hang`, or
/// `next hangs` for those alone that another one has started.
@main
struct Ledger {
    static func main() throws {
        obstruct()
        if let directory = getenv("LEDGER_DIRECTORY") { chdir(directory) }
        let book = getenv("LEDGER_BOOK").map { open($0, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600) } ?? -1
        var router = Router()
        router.any("/note/{number}") { request in
            let number = try request.parameters.require("number")
            let line = Array("\(number) \(getpid())\n".utf8)
            guard write(book, line, line.count) == line.count else { throw HTTPError(.internalServerError) }
            return "noted \(number)\n"
        }
        router.get("/process") { _ in "\(getpid())\n" }
        router.any("/trap") { _ -> String in
            let numbers: [Int] = []
            return "\(numbers[request: 1])"
        }
        router.get("/sleep/{ms}") { request in
            try await Task.sleep(for: .milliseconds(try request.parameters.require("ms", as: Int.self)))
            return "slept in \(getpid())\n"
        }
        router.get("/child") { _ in
            // What a program that a handler starts would have, above the standard streams.
            var found: [String] = []
            for descriptor in Int32(3)..<256 {
                let flags = fcntl(descriptor, F_GETFD)
                if flags >= 0, flags & FD_CLOEXEC == 0 { found.append("\(descriptor)") }
            }
            return found.joined(separator: " ") + "\n"
        }
        router.get("/variables") { _ in
            ["_NESTBOX_HANDOVER", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID"].filter { getenv($0) != nil }
                .joined(separator: " ") + "\n"
        }
        try Application(router: router).run()
    }

    private static func obstruct() {
        guard let path = getenv("LEDGER_START"), let file = fopen(path, "re") else { return }
        defer { fclose(file) }
        switch fgetc(file) {
        case Int32(UInt8(ascii: "f")): exit(3)
        case Int32(UInt8(ascii: "c")): abort()
        case Int32(UInt8(ascii: "h")): while true { pause() }
        case Int32(UInt8(ascii: "n")): while getenv("_NESTBOX_HANDOVER") != nil { pause() }
        default: break
        }
    }
}

extension [Int] {
    /// Out of bounds, which the compiler does not see.
    fileprivate subscript(request index: Int) -> Int { self[index] }
}
