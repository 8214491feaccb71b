import Glibc
import Logging
import NestboxHTTP
import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("the log", .timeLimit(.minutes(1)))
struct LogTests {
    /// A file that a log writes to.
    final class Target: Sendable {
        let descriptor: Int32
        let file: LogFile
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            descriptor = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            try #require(descriptor >= 0)
            file = LogFile(descriptor: descriptor)
        }

        var text: String {
            get throws { try directory.read("log") }
        }

        /// The lines without their times.
        var lines: [String] {
            get throws { try text.split(separator: "\n").map { String($0.drop { $0 != " " }.dropFirst()) } }
        }

        deinit { close(descriptor) }
    }

    private static func head(_ target: String = "/a", method: String = "GET") -> RequestHead {
        let variables = CGIVariables([
            ("REQUEST_METHOD", method), ("REQUEST_URI", target), ("REQUEST_ID", "0123456789abcdef"),
        ])
        return RequestHead(variables: variables, settings: RequestSettings(logger: .silent))
    }

    @Test("has a line for an entry, at once, with the time in front")
    func entry() throws {
        let target = try Target()
        var logger = Logger(label: "label") { LineLogHandler(label: $0, file: target.file) }
        logger[metadataKey: "b"] = "2"
        logger.info("message", metadata: ["a": "1", "c": ["x", "y"]])
        let text = try target.text
        #expect(text.hasSuffix(" info label message a=1 b=2 c=[\"x\", \"y\"]\n"))
        let time = try #require(text.split(separator: " ").first)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
    }

    @Test("leaves out what is less severe than its level")
    func level() throws {
        let target = try Target()
        var logger = Logger(label: "l") { LineLogHandler(label: $0, file: target.file, level: .warning) }
        logger.info("no")
        logger.warning("yes")
        logger.logLevel = .debug
        logger.debug("also")
        #expect(try target.lines == ["warning l yes", "debug l also"])
    }

    @Test("keeps an entry in its line whatever is in it")
    func escaping() throws {
        let target = try Target()
        let logger = Logger(label: "l") { LineLogHandler(label: $0, file: target.file) }
        logger.error("a\nb\r\u{1B}[2Jc\0d\u{7F}é\t", metadata: ["k\n": "v\n2026-01-01 error l forged"])
        #expect(
            try target.lines == [
                "error l a\\x0ab\\x0d\\x1b[2Jc\\x00d\\x7fé\\x09 k\\x0a=v\\x0a2026-01-01 error l forged"
            ])
    }

    @Test("has a line for each request, without the query")
    func access() throws {
        let target = try Target()
        let log = AccessLog(Logger(label: "l") { LineLogHandler(label: $0, file: target.file) })
        log.record(Self.head("/a/b%20c?secret=1", method: "POST"), status: 201, bytes: 1024, nanoseconds: 12_345_678)
        log.record(Self.head("/x\r\ny\u{1B}"), status: 404, bytes: 0, nanoseconds: 999)
        log.flush()
        #expect(
            try target.lines == [
                "info nestbox.access POST /a/b%20c 201 12.345ms 1024B - 0123456789abcdef",
                "info nestbox.access GET /x\\x0d\\x0ay\\x1b 404 0.000ms 0B - 0123456789abcdef",
            ])
    }

    @Test(
        "has durations with three places",
        arguments: [
            (0, "0.000"), (1_000, "0.001"), (99_000, "0.099"), (1_000_000, "1.000"), (61_002_030_000, "61002.030"),
        ] as [(UInt64, String)])
    func durations(nanoseconds: UInt64, text: String) throws {
        let target = try Target()
        let log = AccessLog(Logger(label: "l") { LineLogHandler(label: $0, file: target.file) })
        log.record(Self.head(), status: 200, bytes: 1, nanoseconds: nanoseconds)
        log.flush()
        #expect(try target.lines == ["info nestbox.access GET /a 200 \(text)ms 1B - 0123456789abcdef"])
    }

    @Test("gives requests to another handler as entries, and to none below its level")
    func otherHandler() throws {
        let target = try Target()
        // A handler around one of ours is another handler.
        struct Wrapped: LogHandler {
            var inner: LineLogHandler
            var logLevel: Logger.Level = .info
            var metadata: Logger.Metadata = [:]
            subscript(metadataKey key: String) -> Logger.MetadataValue? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(event: LogEvent) { inner.log(event: event) }
        }
        var logger = Logger(label: "l") { Wrapped(inner: LineLogHandler(label: $0, file: target.file)) }
        AccessLog(logger).record(Self.head("/a?b"), status: 200, bytes: 7, nanoseconds: 5_000)
        #expect(
            try target.lines == [
                "info l GET /a 200 client.address=- duration.us=5 http.bytes=7 http.method=GET http.path=/a http.status=200 request.id=0123456789abcdef"
            ])
        #expect(AccessLog(logger).isEnabled)
        logger.logLevel = .warning
        #expect(!AccessLog(logger).isEnabled)
    }

    @Test("lets lines wait that can, until there are many, or one that cannot, or a flush")
    func buffering() throws {
        let target = try Target()
        func add(_ text: String, waits: Bool) { target.file.append(waits: waits) { $0 += Array(text.utf8) } }
        add("one", waits: true)
        #expect(target.file.hasUnwritten)
        #expect(try target.text.isEmpty)
        add("two", waits: false)
        #expect(!target.file.hasUnwritten)
        #expect(try target.lines == ["one", "two"])
        add("three", waits: true)
        target.file.flush()
        #expect(!target.file.hasUnwritten)
        #expect(try target.lines == ["one", "two", "three"])
        var count = 0
        while count < 1000 {
            add(String(repeating: "x", count: 100), waits: true)
            count += 1
            if !target.file.hasUnwritten { break }
        }
        #expect((100..<200).contains(count), "\(count) lines of 126 bytes are 16 KiB")
        #expect(try target.lines.count == 3 + count)
    }

    @Test("goes on when it cannot be written")
    func broken() {
        let file = LogFile(descriptor: -1)
        for waits in [true, false] {
            file.append(waits: waits) { $0 += Array("lost".utf8) }
            file.flush()
            #expect(!file.hasUnwritten)
        }
    }

    @Test("of a gateway is written when the gateway has nothing else to do")
    func whenIdle() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let reader = ends[0]
        defer { for end in ends { close(end) } }
        let file = LogFile(descriptor: ends[1])
        let logger = Logger(label: "l") { LineLogHandler(label: $0, file: file) }
        let gateway = try TestGateway(logger: .silent, accessLog: AccessLog(logger))
        let text = try await onOwnThread {
            let connection = try gateway.connect()
            for index in 0..<3 {
                let request = FastCGIRequest(method: "POST", target: "/echo?\(index)", body: [1, 2, 3])
                _ = try connection.perform(request, .init(keepConnection: true))
            }
            // The connection stays open, so that nothing but idleness brings the lines.
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            while text.count(where: { $0 == UInt8(ascii: "\n") }) < 3 {
                var entry = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, 5000) > 0 else { break }
                let count = read(reader, &chunk, chunk.count)
                text += chunk[..<max(0, count)]
            }
            gateway.stop()
            return String(decoding: text, as: UTF8.self)
        }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines { #expect(line.contains(" info nestbox.access POST /echo 200 ") && line.contains("ms 3B ")) }
    }
}
