import Crypto
import Glibc
import InMemoryLogging
import Logging
import NestboxSessions
import NestboxTesting

/// A file store in a directory of its own, and what tests do to its files.
struct FileStoreFixture {
    let directory: TemporaryDirectory
    let clock = TestClock()
    let log = InMemoryLogHandler()
    let store: FileSessionStore

    init(isSealed: Bool = false, maxBytes: Int = 100_000) throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        store = try Self.open(directory.path("sessions"), isSealed, maxBytes, clock, log)
    }

    private static func open(
        _ path: String, _ isSealed: Bool, _ maxBytes: Int, _ clock: TestClock, _ log: InMemoryLogHandler
    ) throws -> FileSessionStore {
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .trace
        return try FileSessionStore(
            directory: path, sealingKey: isSealed ? .testing : nil, maxBytes: maxBytes, clock: clock.sessionClock,
            logger: logger)
    }

    var path: String { directory.path("sessions") }

    func path(of session: StoredSession) -> String {
        let key = session.key ?? ""
        return "\(path)/v1/\(key.prefix(2))/\(key)"
    }

    func create(_ values: [String: SessionValue] = ["a": 1]) async throws -> StoredSession {
        try await store.create(SessionRecord(values: values, createdAt: clock.now))
    }

    /// What a session's file holds.
    func bytes(of session: StoredSession) -> [UInt8] { Self.bytes(path(of: session)) }

    static func bytes(_ path: String) -> [UInt8] {
        let file = Glibc.open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1_000_000)
        let count = read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    func write(_ bytes: [UInt8], to session: StoredSession) { Self.write(bytes, path(of: session)) }

    static func write(_ bytes: [UInt8], _ path: String) {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        _ = Glibc.write(file, bytes, bytes.count)
    }

    static func mode(_ path: String) -> mode_t? {
        var found = stat()
        return lstat(path, &found) == 0 ? found.st_mode & 0o7777 : nil
    }

    /// The names in a directory.
    static func names(_ path: String) -> [String] {
        guard let listing = opendir(path) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    var corrupt: [String] { Self.names("\(path)/corrupt") }
}
