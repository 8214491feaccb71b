import InMemoryLogging
import Logging
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("a weak secret", .timeLimit(.minutes(1)))
struct WeakSecretTests {
    private func warnings(_ environment: [String: String]) throws -> [String] {
        let directory = try TemporaryDirectory()
        let configuration = try ApplicationConfiguration(
            arguments: nil, environment: environment.map { (name: $0.key, value: $0.value) },
            file: directory.path("nestbox.env"))
        var application = try Application(router: Router())
        application.useSessions()
        let handler = InMemoryLogHandler()
        try application.warn(configuration, Logger(label: "test") { _ in handler })
        return handler.entries.filter { $0.level == .warning }.map { "\($0.message)" }
    }

    @Test("is warned of at the start where it is taken, without telling it (N8)")
    func warning() throws {
        for more in ["NESTBOX_ENVIRONMENT": "development", "NESTBOX_SESSION_ALLOW_WEAK_SECRET": "true"] {
            let found = try warnings([more.key: more.value, "APP_SECRET_1": "hunter2"])
            #expect(found.count == 1)
            #expect(found.first?.contains("a secret has 7 bytes") == true)
            #expect(found.first?.contains("hunter2") == false)
        }
        let directory = try TemporaryDirectory()
        let file = try directory.write("hunter2\n", to: "key")
        let found = try warnings(["NESTBOX_ENVIRONMENT": "development", "NESTBOX_SESSION_SECRET_FILE": file])
        #expect(found.count == 1)
    }

    @Test("is the only thing that is warned of")
    func silence() throws {
        let good = String(repeating: "k", count: 32)
        #expect(try warnings(["NESTBOX_ENVIRONMENT": "development", "APP_SECRET_1": good]).isEmpty)
        #expect(try warnings(["NESTBOX_ENVIRONMENT": "development"]).isEmpty)
        #expect(try warnings(["APP_SECRET_1": good]).isEmpty)
    }
}
