import Glibc
import NestboxHTTP
import Testing

@testable import NestboxGateway
@testable import NestboxTesting

@Suite("a listening socket", .timeLimit(.minutes(1)))
struct ListenerTests {
    private static func listen(_ path: String, _ options: UnixSocketOptions = .init()) throws(GatewayError) -> Listener
    {
        try Listener(.unix(path), options: options, backlog: 16)
    }

    private static func code(_ listen: () throws -> Listener) -> GatewayError.Code? {
        do {
            let listener = try listen()
            listener.stopListening()
            listener.close()
            return nil
        } catch {
            return (error as? GatewayError)?.code
        }
    }

    private static func connects(_ path: String) -> Bool {
        (try? FastCGIConnection(to: .unix(path: path))) != nil
    }

    private static func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(lstat(path, &status) == 0)
        return status
    }

    @Test("takes the place of a socket file that nobody listens on")
    func stale() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("socket")
        do { _ = try LoopbackListener(.unix(path: path)) }
        #expect(try Self.status(path).st_mode & S_IFMT == S_IFSOCK)
        #expect(!Self.connects(path))
        let listener = try Self.listen(path)
        #expect(Self.connects(path))
        listener.stopListening()
        listener.close()
        #expect(access(path, F_OK) != 0)
    }

    @Test("leaves a socket alone that somebody listens on, also when its queue is full")
    func live() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("socket")
        let other = try LoopbackListener(.unix(path: path), backlog: 0)
        defer { withExtendedLifetime(other) {} }
        let inode = try Self.status(path).st_ino
        #expect(Self.code { try Self.listen(path) } == .addressInUse)
        #expect(try Self.status(path).st_ino == inode)
        // The queue is full now: of a backlog of 0 the first attempt has taken the only place.
        #expect(Self.code { try Self.listen(path) } == .addressInUse)
        #expect(try Self.status(path).st_ino == inode)
        let error = #expect(throws: GatewayError.self) { try Self.listen(path) }
        #expect(error?.description.contains(path) == true)
    }

    @Test("leaves every other file alone")
    func otherFiles() throws {
        let directory = try TemporaryDirectory()
        try directory.write("precious", to: "file")
        #expect(Self.code { try Self.listen(directory.path("file")) } == .notASocket)
        #expect(try directory.read("file") == "precious")
        #expect(symlink(directory.path("file"), directory.path("link")) == 0)
        #expect(Self.code { try Self.listen(directory.path("link")) } == .notASocket)
        #expect(symlink(directory.path("nowhere"), directory.path("dangling")) == 0)
        #expect(Self.code { try Self.listen(directory.path("dangling")) } == .notASocket)
        #expect(Self.code { try Self.listen(directory.path) } == .notASocket)
    }

    @Test("has a path that fits, in a directory that there is")
    func paths() throws {
        let directory = try TemporaryDirectory()
        let room = 107 - directory.path("").utf8.count
        let longest = directory.path(String(repeating: "s", count: room))
        #expect(Self.code { try Self.listen(longest) } == nil)
        #expect(Self.code { try Self.listen(longest + "s") } == .invalidAddress)
        #expect(Self.code { try Self.listen(directory.path("missing/socket")) } == .invalidAddress)
        #expect(throws: GatewayError.self) { try ListenAddress("unix:\(longest)s") }
        #expect(throws: Never.self) { try ListenAddress("unix:\(longest)") }
    }

    @Test(
        "has its mode whatever the umask is, which stays as it was",
        arguments: [0o600, 0o660, 0o666, 0o700] as [UInt32])
    func mode(mode: UInt32) async throws {
        // The umask belongs to the whole process.
        await #expect(processExitsWith: .success) { [mode] in await reporting { try Self.expectMode(mode) } }
    }

    private static func expectMode(_ mode: UInt32) throws {
        for mask in [0o000, 0o022, 0o077, 0o777] as [mode_t] {
            umask(0o022)
            let directory = try TemporaryDirectory()
            umask(mask)
            var options = UnixSocketOptions()
            options.mode = mode
            let path = directory.path("socket")
            let listener = try Self.listen(path, options)
            let got = try Self.status(path).st_mode & 0o7777
            try expect(got == mode, "mode \(String(got, radix: 8)) with umask \(String(mask, radix: 8))")
            try expect(umask(0o022) == mask, "the umask was changed")
            listener.stopListening()
            listener.close()
        }
    }

    @Test("leaves the files alone that other threads make meanwhile")
    func umaskOfOthers() async {
        await #expect(processExitsWith: .success) { await reporting { try await Self.expectUmaskOfOthers() } }
    }

    private static func expectUmaskOfOthers() async throws {
        umask(0o022)
        let directory = try TemporaryDirectory()
        let (socket, file) = (directory.path("socket"), directory.path("file"))
        try await withThrowingTaskGroup { group in
            group.addTask {
                for _ in 0..<5000 {
                    let listener = try Self.listen(socket)
                    listener.stopListening()
                    listener.close()
                }
            }
            group.addTask {
                for _ in 0..<5000 {
                    close(open(file, O_CREAT | O_WRONLY, 0o666))
                    let mode = try Self.status(file).st_mode & 0o7777
                    try expect(mode == 0o644, "mode \(String(mode, radix: 8)) of a file beside the socket")
                    unlink(file)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("belongs to the owner and group that are asked for", .enabled(if: geteuid() == 0))
    func owner() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("socket")
        for (owner, group) in [("65534", nil), (nil, "65534"), ("nobody", "nogroup"), (nil, nil)]
            as [(String?, String?)]
        {
            var options = UnixSocketOptions()
            (options.owner, options.group) = (owner, group)
            let listener = try Self.listen(path, options)
            let status = try Self.status(path)
            #expect(status.st_uid == (owner == nil ? 0 : 65_534))
            #expect(status.st_gid == (group == nil ? getegid() : 65_534))
            listener.stopListening()
            listener.close()
        }
        var options = UnixSocketOptions()
        options.owner = "no-such-user"
        #expect(Self.code { try Self.listen(path, options) } == .unknownOwner)
        (options.owner, options.group) = (nil, "no-such-group")
        #expect(Self.code { try Self.listen(path, options) } == .unknownOwner)
        #expect(access(path, F_OK) != 0)
    }

    @Test("is removed at the end only if it is still ours")
    func removal() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("socket")
        let old = try Self.listen(path)
        #expect(unlink(path) == 0)
        let new = try Self.listen(path)
        old.stopListening()
        old.close()
        #expect(Self.connects(path))
        new.stopListening()
        #expect(access(path, F_OK) != 0)
        new.close()

        let replaced = try Self.listen(path)
        #expect(unlink(path) == 0)
        try directory.write("precious", to: "socket")
        replaced.stopListening()
        replaced.close()
        #expect(try directory.read("socket") == "precious")
    }

    @Test("on TCP has the port that is asked for, or one that is free, and tells when it is taken")
    func tcp() throws {
        for host in ["127.0.0.1", "::1", "127.0.0.2"] {
            let listener = try Listener(.tcp(host: host, port: 0), options: .init(), backlog: 16)
            guard case .tcp(host, let port) = listener.address else { throw TestingError(.malformed, "no port") }
            #expect(port != 0 && !listener.isUnix)
            let again = Self.code { try Listener(.tcp(host: host, port: port), options: .init(), backlog: 16) }
            #expect(again == .addressInUse)
            listener.close()
        }
        #expect(
            Self.code { try Listener(.tcp(host: "name.test", port: 0), options: .init(), backlog: 16) }
                == .invalidAddress)
        #expect(
            Self.code { try Listener(.tcp(host: "192.0.2.1", port: 0), options: .init(), backlog: 16) }
                == .invalidAddress)
    }

    @Test("is not inherited by programs that are started, and never blocks")
    func flags() throws {
        let directory = try TemporaryDirectory()
        let inherited = try LoopbackListener()
        _ = fcntl(inherited.descriptor, F_SETFD, 0)
        for address in [
            .unix(directory.path("socket")), .tcp(host: "127.0.0.1", port: 0), .inherited(inherited.descriptor),
        ] as [ListenAddress] {
            let listener = try Listener(address, options: .init(), backlog: 16)
            #expect(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK != 0)
            if listener.descriptor != inherited.descriptor { listener.close() }
        }
    }

    @Test("that was inherited is found on descriptor 0, or where LISTEN_FDS says")
    func inherited() async {
        await #expect(processExitsWith: .success) { await reporting { try Self.expectInherited() } }
    }

    private static func expectInherited() throws {
        let directory = try TemporaryDirectory()
        let listener = try LoopbackListener(directory.socket())
        let mine = "\(getpid())"
        let first = fcntl(listener.descriptor, F_DUPFD, 40)
        let second = fcntl(listener.descriptor, F_DUPFD, 41)
        let beyond = fcntl(listener.descriptor, F_DUPFD, 63)
        try expect(
            listener.descriptor < 40 && second < 63 && beyond >= 63, "\(listener.descriptor) \(second) \(beyond)")
        func found(_ processID: String, _ count: String) -> [ListenAddress] {
            Listener.inherited(environment: CGIVariables([("LISTEN_PID", processID), ("LISTEN_FDS", count)]))
        }
        // What else is open among them does not listen.
        let expected = [listener.descriptor, first, second].map { ListenAddress.inherited($0) }
        try expect(found(mine, "60") == expected, "\(found(mine, "60"))")
        for (processID, count) in [("1", "60"), (mine, "0"), (mine, "x"), (mine, "-1"), ("", "60"), (mine, "")] {
            try expect(found(processID, count).isEmpty, "\(processID) \(count)")
        }
        try expect(Listener.inherited(environment: CGIVariables([])).isEmpty, "without variables")
        dup2(listener.descriptor, 0)
        try expect(found(mine, "60") == [.inherited(0)], "\(found(mine, "60"))")
    }

    @Test("that was inherited serves, and its file and queue are left to the others", arguments: [false, true])
    func inheritedServes(isUnix: Bool) async {
        await #expect(processExitsWith: .success) { [isUnix] in
            await reporting { try await Self.serveInherited(isUnix) }
        }
    }

    private static func serveInherited(_ isUnix: Bool) async throws {
        let directory = try TemporaryDirectory()
        let listener = try LoopbackListener(isUnix ? directory.socket() : .port(0))
        dup2(listener.descriptor, 0)
        var configuration = GatewayConfiguration()
        configuration.listen = ListenAddress.inheritedSockets
        let found = configuration.listen
        try expect(found == [.inherited(0)], "\(found)")
        let gateway = FastCGIGateway(
            configuration: configuration, responder: GatewayContract.responder, logger: .silent)
        try gateway.start()
        try await onOwnThread {
            let request = FastCGIRequest(method: "POST", target: "/echo", body: [1, 2])
            let response = try FastCGIConnection(to: listener.address).perform(request)
            try expect(response.cgi.body == [1, 2], "\(response.cgi)")
            try expect(gateway.stop(), "a request is still under way")
            // The socket still listens, for whoever else has it.
            let late = try FastCGIConnection(to: listener.address)
            let accepted = try listener.accept()
            late.close()
            accepted.close()
        }
    }
}
