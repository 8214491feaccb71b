import Glibc
import NestboxHTTP
import Testing

@testable import NestboxGateway
@testable import NestboxTesting

@Suite("where processes pass on connections", .timeLimit(.minutes(1)))
struct MailboxTests {
    /// What is in a mailbox, `nil` when nothing is.
    private static func take(_ mailbox: Mailbox) -> (descriptor: Int32, isUnix: Bool)? {
        guard case .connection(let descriptor, let isUnix) = mailbox.receive() else { return nil }
        return (descriptor, isUnix)
    }

    private static func close(_ mailbox: Mailbox) {
        for end in [mailbox.sender, mailbox.receiver] { Glibc.close(end) }
    }

    @Test("gives what was put in, in order, to whoever takes it; when closed it takes nothing more")
    func order() throws {
        let mailbox = try Mailbox()
        defer { Self.close(mailbox) }
        #expect(Self.take(mailbox) == nil)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        #expect(mailbox.send(ends[0], isUnix: true))
        #expect(mailbox.send(ends[1], isUnix: false))
        for end in ends { Glibc.close(end) }
        let reader = try #require(Self.take(mailbox))
        mailbox.close()
        #expect(!mailbox.send(reader.descriptor, isUnix: true))
        // What was in it is not lost.
        let writer = try #require(Self.take(mailbox))
        #expect(Self.take(mailbox) == nil)
        #expect(reader.isUnix && !writer.isUnix)
        var byte: UInt8 = 7
        #expect(write(writer.descriptor, &byte, 1) == 1)
        #expect(read(reader.descriptor, &byte, 1) == 1)
        for descriptor in [reader.descriptor, writer.descriptor] {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            Glibc.close(descriptor)
        }
    }

    @Test("is waited for once when it is full")
    func full() throws {
        let mailbox = try Mailbox()
        defer { Self.close(mailbox) }
        var count = 0
        while mailbox.send(mailbox.receiver, isUnix: true) { count += 1 }
        #expect(count >= 100)
        let start = ContinuousClock.now
        // A second each without that.
        for _ in 0..<30 { #expect(!mailbox.send(mailbox.receiver, isUnix: true)) }
        #expect(ContinuousClock.now - start < .seconds(20))
        while let (descriptor, _) = Self.take(mailbox) { Glibc.close(descriptor) }
    }

    @Test("keeps a connection for which there is no descriptor until there is one")
    func noDescriptor() async {
        await #expect(processExitsWith: .success) {
            await reporting {
                let mailbox = try Mailbox()
                #expect(mailbox.send(0, isUnix: true))
                var taken: [Int32] = []
                var limit = rlimit(rlim_cur: 100, rlim_max: 100)
                try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
                while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
                guard case .later(errno: EMFILE) = mailbox.receive() else {
                    Issue.record("it was taken out")
                    return
                }
                Glibc.close(taken[0])
                #expect(MailboxTests.take(mailbox) != nil)
            }
        }
    }

    @Test("does not keep a process that may send no more connections", .enabled(if: geteuid() == 0))
    func tooManyOnTheirWay() async {
        // The system counts what a user who is not root has sent and nobody has received.
        await #expect(processExitsWith: .success) {
            await reporting {
                let mailbox = try Mailbox()
                var limit = rlimit(rlim_cur: 40, rlim_max: 40)
                try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
                try #require(setuid(65_534) == 0)
                var count = 0
                while mailbox.send(0, isUnix: true) { count += 1 }
                #expect((30...60).contains(count), "\(count)")
            }
        }
    }

    // MARK: The processes

    /// A gateway that has taken over a socket and a mailbox.
    private final class Successor: Sendable {
        let directory: TemporaryDirectory
        let mailbox: Mailbox
        let listener: Listener
        let gateway: FastCGIGateway
        let (channel, other): (Channel, Channel)

        init(connections: Int = 4, responder: any Responder = ClosureResponder { _ in .text("done") }) throws {
            directory = try TemporaryDirectory()
            mailbox = try Mailbox()
            listener = try Listener(.unix(directory.path("socket")), options: UnixSocketOptions(), backlog: 4)
            (channel, other) = try Channel.pair()
            var configuration = GatewayConfiguration()
            configuration.limits.connections = connections
            configuration.timeouts.grace = .seconds(10)
            gateway = FastCGIGateway(configuration: configuration, responder: responder, logger: .silent)
        }

        func start() throws {
            try gateway.start(
                taking: Handover(role: .successor, listeners: [listener], mailbox: mailbox, channel: other))
        }

        func connect() throws -> FastCGIConnection { try FastCGIConnection(to: directory.socket("socket")) }

        /// A connection that was accepted elsewhere, and its other end.
        func passOn() throws -> FastCGIConnection {
            let elsewhere = try LoopbackListener(.unix(path: directory.path("elsewhere")))
            let client = try FastCGIConnection(to: directory.socket("elsewhere"))
            let accepted = accept(elsewhere.descriptor, nil, nil)
            defer { Glibc.close(accepted) }
            _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
            try client.send(FastCGIRequest(target: "/").encoded(.init(keepConnection: true)))
            #expect(mailbox.send(accepted, isUnix: true))
            unlink(directory.path("elsewhere"))
            return client
        }

        deinit {
            MailboxTests.close(mailbox)
            channel.close()
            other.close()
        }
    }

    @Test("what was passed on to a process that ends is answered by it, also when it had no place for it before")
    func end() async throws {
        let (began, release) = (try Latch(), try Latch())
        let successor = try Successor(
            connections: 1,
            responder: ClosureResponder { request in
                if request.path == "/wait" {
                    began.open()
                    try release.wait()
                }
                return .text("done")
            })
        try successor.start()
        let clients = try await onOwnThread {
            let busy = try successor.connect()
            try busy.send(FastCGIRequest(target: "/wait").encoded())
            try began.wait()
            return UncheckedBox((busy, try (0..<3).map { _ in try successor.passOn() }))
        }
        successor.mailbox.close()
        async let isDrained = onOwnThread { successor.gateway.stop(heirs: nil, interrupt: nil) { true } }
        release.open()
        try await onOwnThread {
            for client in [clients.value.0] + clients.value.1 {
                let response = FastCGIResponse(try client.readUntilClose())
                #expect(try response.cgi.text == "done")
            }
        }
        #expect(try await isDrained)
    }

    @Test("a process that nobody waits for any more takes no connection")
    func notAwaited() throws {
        let successor = try Successor()
        let client = try successor.connect()
        try client.send(FastCGIRequest(target: "/").encoded())
        successor.channel.stopReceiving()
        #expect(throws: GatewayError.self) { try successor.start() }
        var state = pollfd(fd: successor.listener.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&state, 1, 0) == 1)
        successor.listener.stopListening()
        successor.listener.close()
    }
}
