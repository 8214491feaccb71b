import CNestboxSystem
import Glibc
import HTTPTypes
import NestboxHTTP
import Synchronization

/// The response of a CGI request: standard output, kept for it alone.
final class CGIOutput: Sendable {
    struct Result: Sendable {
        var status: Int
        var bytes: Int
        var isComplete: Bool
    }

    private let descriptor: Int32
    private let sent = Atomic<Int>(0)
    private let headIsSent = Atomic<Bool>(false)
    /// Whether the web server has gone away.
    private let isBroken = Atomic<Bool>(false)
    /// When something was written last, in nanoseconds of the monotonic clock.
    private let lastWrite = Atomic<UInt64>(0)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Keeps standard output for the response, and leads what is printed to the standard error stream.
    static func takeOver() -> CGIOutput {
        // A web server that has gone away must show as an error of a write, not end the program.
        signal(SIGPIPE, SIG_IGN)
        openMissingStreams()
        let descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        return CGIOutput(descriptor: descriptor)
    }

    /// Opens the standard streams that the web server closed: else the next file that is opened would be one of them.
    static func openMissingStreams() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
            _ = open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY)
        }
    }

    /// Ends the response; nothing is sent afterwards.
    func close() { Glibc.close(descriptor) }

    func send(
        _ response: Response, to request: Request, errors: ErrorResponses, on thread: CGIExecutor
    ) async -> Result {
        let head = CGIResponseHead(response, isHead: request.method == .head)
        guard case .stream(_, let produce) = response.body.storage, head.hasBody else {
            return send(whole: response, to: request)
        }
        var isComplete = true
        defer { thread.whileWaiting(nil) }
        do {
            let stream = CGIStream(output: self, head: head, thread: thread)
            try await produce(ResponseBodyWriter(stream))
            try stream.end()
        } catch {
            if !headIsSent.load(ordering: .relaxed) {
                return send(whole: errors.response(for: error, to: request), to: request)
            }
            errors.log(error, request, isCancelled: Task.isCancelled || isBroken.load(ordering: .relaxed))
            isComplete = false
        }
        return Result(
            status: response.status.code, bytes: sent.load(ordering: .relaxed), isComplete: isComplete)
    }

    /// Sends a response that is all here.
    private func send(whole response: Response, to request: Request) -> Result {
        let head = CGIResponseHead(response, isHead: request.method == .head)
        var bytes: [UInt8] = []
        head.append(to: &bytes)
        let body: [UInt8] =
            switch response.body.storage {
            case .bytes(let body) where head.hasBody: body
            case .string(let body) where head.hasBody: Array(body.utf8)
            default: []
            }
        let isComplete = write(bytes, body)
        return Result(
            status: response.status.code, bytes: sent.load(ordering: .relaxed), isComplete: isComplete)
    }

    /// Writes bytes of the head and of the body; blocks until they are taken.
    func write(_ head: [UInt8], _ body: [UInt8]) -> Bool {
        if !head.isEmpty { headIsSent.store(true, ordering: .relaxed) }
        guard !isBroken.load(ordering: .relaxed) else { return false }
        lastWrite.store(nestbox_now(), ordering: .relaxed)
        var offset = 0
        while offset < head.count + body.count {
            let (headOffset, bodyOffset) = (min(offset, head.count), max(0, offset - head.count))
            let written = head.withUnsafeBytes { head in
                body.withUnsafeBytes { body in
                    nestbox_write(
                        descriptor, head.baseAddress.map { $0 + headOffset }, head.count - headOffset,
                        body.baseAddress.map { $0 + bodyOffset }, body.count - bodyOffset, nil, 0)
                }
            }
            guard written > 0 else {
                isBroken.store(true, ordering: .relaxed)
                return false
            }
            offset += written
        }
        sent.add(body.count, ordering: .relaxed)
        return true
    }

    /// What is sent while a stream is silent: a web server that takes it no more has gone away.
    func pastime(_ heartbeat: Heartbeat) -> CGIExecutor.Pastime {
        CGIExecutor.Pastime {
            heartbeat.interval.after(self.lastWrite.load(ordering: .relaxed))
        } perform: {
            self.write([], heartbeat.bytes)
        }
    }
}

/// Holds a streamed body to its declared length, and writes the head in front of its first bytes.
private final class CGIStream: ResponseBodyWriter.Sink {
    private let output: CGIOutput
    private let body: Mutex<StreamedBody>
    private let thread: CGIExecutor

    init(output: CGIOutput, head: CGIResponseHead, thread: CGIExecutor) {
        self.output = output
        self.thread = thread
        body = Mutex(StreamedBody(head: head))
    }

    func write(_ bytes: [UInt8]) async throws {
        // One step, so that of several writers the first one that takes something is the first one that sends it.
        try body.withLock { body in
            let (head, part) = body.take(bytes)
            try write(head, part)
        }
    }

    func becomeEndless(heartbeat: Heartbeat?) {
        thread.whileWaiting(heartbeat.map(output.pastime))
    }

    func end() throws {
        try write(try body.withLock { body throws(StreamedBody.TooShort) in try body.end() }, [])
    }

    private func write(_ head: CGIResponseHead?, _ part: [UInt8]) throws {
        var bytes: [UInt8] = []
        head?.append(to: &bytes)
        guard output.write(bytes, part) else { throw CancellationError() }
    }
}
