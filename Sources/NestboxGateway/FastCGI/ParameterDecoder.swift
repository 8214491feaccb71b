import CFCGI
import CNestboxSystem
import Glibc
package import NestboxHTTP

/// Has libfcgi decode the parameters of requests, one at a time, on one thread.
///
/// libfcgi reads from a descriptor, 8 KiB at a time and never stopping at a request's end, so it is given none of a
/// web server's: it reads from a pipe into which exactly one BEGIN_REQUEST and its PARAMS are written, checked. That
/// costs 0.1 µs more than letting it read a socket behind `MSG_PEEK`, and nothing that arrives between two system
/// calls can reach it unseen.
package final class ParameterDecoder {
    /// libfcgi could not decode what the checks in front of it let through.
    struct Failure: Error {
        var code: Int32
    }

    /// libfcgi keeps pointers into the request until it is freed, so that it must not move.
    private let request: UnsafeMutablePointer<FCGX_Request>
    private var pipe = Pipe.closed
    /// What stands in front of the parameters; kept, as it is nearly the same for every request.
    private var front = ParameterDecoder.front

    package init() {
        _ = Self.library
        request = .allocate(capacity: 1)
        request.initialize(to: FCGX_Request())
        // Later, when connections have taken all descriptors, there might be none for it.
        if let pipe = try? Pipe() { self.pipe = pipe }
    }

    /// libfcgi's own initialisation, once.
    ///
    /// It takes SIGPIPE, SIGUSR1 and SIGTERM where nobody else has them; we give them back.
    private static let library: Void = {
        let signals = [SIGPIPE, SIGUSR1, SIGTERM]
        var before = signals.map { _ in sigaction() }
        for (index, signal) in signals.enumerated() { sigaction(signal, nil, &before[index]) }
        FCGX_Init()
        for (index, signal) in signals.enumerated() { sigaction(signal, &before[index], nil) }
    }()

    deinit {
        pipe.close()
        request.deallocate()
    }

    /// Decodes the joined contents of PARAMS records.
    package func decode(_ parameters: [UInt8]) throws -> CGIVariables {
        if pipe.isClosed { pipe = try Pipe() }
        do {
            try write(parameters)
            return try accept()
        } catch {
            // What is left in it belongs to no request.
            pipe.close()
            throw error
        }
    }

    private func accept() throws -> CGIVariables {
        // With listener -1 an error returns; with a real one libfcgi would wait there for another connection.
        FCGX_InitRequest(request, -1, Int32(FCGI_FAIL_ACCEPT_ON_INTR))
        request.pointee.ipcFd = pipe.reader
        // Else FCGX_Accept_r closes the descriptor before it reads.
        request.pointee.keepConnection = 1
        let code = FCGX_Accept_r(request)
        guard code == 0 else {
            // It has closed the descriptor.
            pipe.forgetReader()
            throw Failure(code: code)
        }
        // Frees the streams and strings, and leaves the descriptor open.
        defer { FCGX_Free(request, 0) }
        let failure = FCGX_GetError(request.pointee.in)
        guard failure == 0, let environment = request.pointee.envp else { throw Failure(code: failure) }
        // Its first entry is always the role, which no web server sent.
        return CGIVariables(environment: environment + 1)
    }

    /// BEGIN_REQUEST, and behind the parameters the empty PARAMS that ends them.
    ///
    /// Ours have the id 1.
    private static let front: [UInt8] = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    private static let back: [UInt8] = [1, 4, 0, 1, 0, 0, 0, 0]

    /// Writes the records of a request to the pipe.
    private func write(_ parameters: [UInt8]) throws {
        front.replaceSubrange(Self.front.count..., with: EmptyCollection())
        if parameters.count <= RecordHeader.longestContent {
            if !parameters.isEmpty {
                front.appendRecordHeader(RecordType.params, id: 1, contentLength: parameters.count)
            }
            return try pipe.write(front, parameters, Self.back)
        }
        var records = front
        var rest = parameters[...]
        while !rest.isEmpty {
            let part = rest.prefix(RecordHeader.longestContent)
            records.appendRecordHeader(RecordType.params, id: 1, contentLength: part.count)
            records.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
        try pipe.write(records, [], Self.back)
    }

    /// A pipe that is read and written by the same thread: it must hold everything that is written.
    private struct Pipe {
        static let closed = Pipe(reader: -1, writer: -1)

        private(set) var reader: Int32
        private var writer: Int32
        private var capacity = 65_536

        private init(reader: Int32, writer: Int32) {
            self.reader = reader
            self.writer = writer
        }

        init() throws {
            // A full pipe is an error, not a wait for this very thread. The reader blocks: to libfcgi EAGAIN is an
            // error.
            var (reader, writer) = (Int32(-1), Int32(-1))
            guard nestbox_pipe(&reader, &writer) == 0 else { throw Failure(code: errno) }
            self.init(reader: reader, writer: writer)
        }

        var isClosed: Bool { writer < 0 }

        mutating func write(_ front: [UInt8], _ parameters: [UInt8], _ back: [UInt8]) throws {
            let count = front.count + parameters.count + back.count
            // The kernel counts pages; two are spare for pieces that do not fill theirs.
            if count + 8192 > capacity {
                let size = nestbox_pipe_size(writer, Int32(clamping: count + 8192))
                guard size >= count + 8192 else { throw Failure(code: errno) }
                capacity = Int(size)
            }
            let written = nestbox_write(
                writer, front, front.count, parameters, parameters.count, back, back.count)
            guard written == count else { throw Failure(code: errno) }
        }

        mutating func forgetReader() {
            reader = -1
        }

        mutating func close() {
            for end in [reader, writer] where end >= 0 { _ = Glibc.close(end) }
            self = .closed
        }
    }
}
