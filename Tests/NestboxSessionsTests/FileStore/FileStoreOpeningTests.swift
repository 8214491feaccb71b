import Glibc
import Logging
import NestboxSessions
import NestboxTesting
import Testing

@Suite("opening a directory of sessions", .timeLimit(.minutes(1)))
struct FileStoreOpeningTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @discardableResult
    private func open(
        _ path: String, documentRoot: String? = nil, allowsDocumentRoot: Bool = false
    ) throws(SessionStoreError) -> FileSessionStore {
        try FileSessionStore(
            directory: path, documentRoot: documentRoot, allowsDocumentRoot: allowsDocumentRoot,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func expectRefusal(_ path: String, _ reason: String, documentRoot: String? = nil) {
        let error = #expect(throws: SessionStoreError.self) { try open(path, documentRoot: documentRoot) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect(error?.code == .unavailable)
    }

    @Test("a directory that is missing is made, for its owner alone, and opened again")
    func makes() throws {
        let path = directory.path("sessions")
        try open(path + "//")
        try open(path)
        #expect(FileStoreFixture.mode(path) == 0o700)
        #expect(FileStoreFixture.names(path) == ["nestbox-sessions", "v1"])
    }

    @Test("paths that are not absolute are refused", arguments: ["", "sessions", "./sessions", "/", "//", "/a\0b"])
    func relative(path: String) { expectRefusal(path, "is not an absolute path") }

    @Test("a directory whose parent is missing is refused")
    func parent() { expectRefusal(directory.path("a/b"), "No such file") }

    @Test("a symbolic link is refused, with and without a slash at the end")
    func link() throws {
        mkdir(directory.path("real"), 0o700)
        symlink(directory.path("real"), directory.path("link"))
        expectRefusal(directory.path("link"), "is a symbolic link")
        expectRefusal(directory.path("link/"), "is a symbolic link")
    }

    @Test("a file is refused")
    func file() throws { expectRefusal(try directory.write("", to: "file"), "is a symbolic link or no directory") }

    @Test("a directory that others can write in is refused", arguments: [0o770, 0o702, 0o777, 0o1777] as [mode_t])
    func writable(mode: mode_t) throws {
        let path = directory.path("sessions")
        mkdir(path, 0o700)
        chmod(path, mode)
        expectRefusal(path, "chmod 700")
    }

    @Test("a directory of another user is refused", .enabled(if: geteuid() == 0, "only root can give one away"))
    func owner() throws {
        let path = directory.path("sessions")
        mkdir(path, 0o700)
        chown(path, 12345, 12345)
        expectRefusal(path, "belongs to user 12345")
    }

    @Test("a directory that has other things in it is refused and left alone")
    func occupied() throws {
        try directory.write("precious", to: "file")
        chmod(directory.path, 0o700)
        expectRefusal(directory.path, "has other things in it")
        #expect(FileStoreFixture.names(directory.path) == ["file"])
    }

    @Test("a directory inside of the document root is refused, also when a link leads there")
    func documentRoot() throws {
        let root = directory.path("www")
        mkdir(root, 0o755)
        symlink(root, directory.path("link"))
        for path in [root + "/sessions", directory.path("link") + "/other"] {
            expectRefusal(path, "is inside of the document root", documentRoot: root)
            expectRefusal(path, "is inside of the document root", documentRoot: directory.path("link") + "/")
        }
        expectRefusal(root, "is inside of the document root", documentRoot: root)
        try open(directory.path("www-sessions"), documentRoot: root)
        try open(directory.path("sessions"), documentRoot: "")
        try open(root + "/sessions", documentRoot: root, allowsDocumentRoot: true)
        #expect(try directory.read("www/sessions/.htaccess") == "Require all denied\n")
    }

    @Test("many open a new directory at once, and each writes what the others read")
    func race() async throws {
        let path = directory.path("sessions")
        let directory = directory
        let stores = try await withThrowingTaskGroup(of: FileSessionStore.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    _ = directory
                    return try FileSessionStore(directory: path, logger: Logger(label: "test"))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(FileStoreFixture.names(path).contains("v1"))
        let reader = try #require(stores.last)
        for store in stores {
            let session = try await store.create(SessionRecord(values: ["a": 1], createdAt: SessionClock.system.now))
            #expect(try await reader.load(session.token) == .found(session))
        }
    }
}
