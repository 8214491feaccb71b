import Glibc
import Logging
import NestboxSessions

/// A program that writes sessions in a directory until it is killed, for the tests of the file store.
///
///     SessionWriter <directory> increment <token> <times>   counts the value n of a session up
///     SessionWriter <directory> churn <token>…              gives sessions new values for ever, some short and some long
///     SessionWriter <directory> create <times> <bytes>      creates sessions; prints why it cannot
@main
struct SessionWriter {
    static func main() async throws {
        signal(SIGXFSZ, SIG_IGN)
        let arguments = CommandLine.arguments.dropFirst()
        guard let directory = arguments.first, arguments.count > 1 else { exit(2) }
        let store = try FileSessionStore(directory: directory, logger: Logger(label: "writer"))
        let rest = arguments.dropFirst(2).map { SessionToken($0) }
        switch arguments.dropFirst().first {
        case "increment": try await increment(store, rest)
        case "churn": try await churn(store, rest)
        case "create": try await create(store, rest)
        default: exit(2)
        }
    }

    private static func increment(_ store: FileSessionStore, _ tokens: [SessionToken]) async throws {
        guard tokens.count == 2, let times = Int(tokens[1].value),
            let session = try await store.load(tokens[0]).session
        else { exit(2) }
        for _ in 0..<times {
            _ = try await store.update(session) {
                if case .int(let number)? = $0.values["n"] { $0.values["n"] = .int(number + 1) }
            }
        }
    }

    /// Writes a value and twice its number, in texts of many lengths, so that files are written in place and anew.
    private static func churn(_ store: FileSessionStore, _ tokens: [SessionToken]) async throws {
        print("writing")
        fflush(nil)
        var sessions: [StoredSession] = []
        for token in tokens { if let session = try await store.load(token).session { sessions.append(session) } }
        var count: Int64 = 0
        while !sessions.isEmpty {
            for session in sessions {
                count += 1
                let number = count
                _ = try await store.update(session) {
                    $0.values["n"] = .int(number)
                    let length = number % 400 == 0 ? 20_000 + number % 7000 : number % 700
                    $0.values["text"] = .string(String(repeating: "\(number);", count: Int(length) / 8))
                }
            }
        }
    }

    private static func create(_ store: FileSessionStore, _ numbers: [SessionToken]) async throws {
        guard numbers.count == 2, let times = Int(numbers[0].value), let bytes = Int(numbers[1].value) else { exit(2) }
        let value = SessionValue.string(String(repeating: "x", count: bytes))
        do {
            for _ in 0..<times {
                var record = SessionRecord(values: ["x": value], createdAt: 1)
                record.user = "ada"
                _ = try await store.create(record)
            }
        } catch {
            print(error)
        }
    }
}
