import Glibc
import HTTPTypes
import NestboxHTTP

extension GatewayContract {
    /// An error of a handler, whose text no client may see.
    struct HandlerFailure: Error, CustomStringConvertible {
        var description: String { "SECRET-DETAIL" }
    }

    /// The program behind the gateway under test.
    ///
    /// The query string is a route's only argument, the name of an event or a number:
    /// `/record`, `/count`, `/wait`, `/block` and `/background` are for events; the routes of `answerBody` read the body in
    /// several ways or not at all; the rest is for the response and for the process.
    struct ContractResponder: Responder {
        private let journal = Journal()

        func respond(to request: Request) async throws -> Response {
            let argument = request.queryString
            switch request.path {
            case "/record":
                journal.record(argument)
                return .text("recorded")
            case "/count": return .text("\(journal.count(argument))")
            case "/wait":
                try await journal.await(argument)
                return .text("waited")
            case "/block":
                journal.record("began \(argument)")
                try journal.block(until: argument)
                return .text("blocked")
            case "/background":
                Task { [journal] in
                    try await journal.wait(for: argument)
                    journal.record("done \(argument)")
                }
                return .text("started")
            case "/fail": throw HandlerFailure()
            case "/variables": return .bytes(Self.encoded(request.variables))
            case "/descriptors": return .text("\(try Self.openDescriptors())")
            case "/child": return .text(try Self.descriptorsOfChild())
            case "/pattern": return .bytes(.pattern(Int(argument) ?? 0))
            case "/stream", "/flushed", "/broken-stream": return stream(request.path, argument)
            case "/respond": return try await described(by: request)
            default: return try await answerBody(of: request)
            }
        }

        private func answerBody(of request: Request) async throws -> Response {
            switch request.path {
            case "/echo": return .bytes(try await request.body.collect())
            case "/discard": return .text("discarded")
            case "/late-discard":
                try await journal.await(request.queryString)
                return .text("discarded")
            case "/partial":
                var first = 0
                for try await chunk in request.body {
                    first = chunk.count
                    break
                }
                return .text(first > 0 ? "some" : "none")
            case "/slow-echo":
                var received: [UInt8] = []
                for try await chunk in request.body {
                    received += chunk
                    if received.count < 1 << 20 { try await Task.sleep(for: .milliseconds(5)) }
                }
                return .bytes(received)
            case "/read":
                do {
                    let body = try await request.body.collect()
                    journal.record("read \(request.queryString)")
                    return .text("\(body.count)")
                } catch {
                    journal.record(
                        error is CancellationError ? "cancelled \(request.queryString)" : "threw \(request.queryString)"
                    )
                    throw error
                }
            case "/late-read":
                try await journal.await(request.queryString)
                return .text("\(try await request.body.collect().count)")
            default: throw HTTPError(.notFound)
            }
        }

        /// A stream of parts of 1,000 bytes of the pattern; with events in between, or broken off after two.
        private func stream(_ path: String, _ argument: String) -> Response {
            let journal = journal
            return .stream(type: "text/plain") { body in
                switch path {
                case "/flushed":
                    try await body.write("first")
                    try await journal.await(argument)
                    try await body.write("second")
                case "/broken-stream":
                    try await body.write("first")
                    throw HandlerFailure()
                default:
                    let bytes = [UInt8].pattern(Int(argument) ?? 0)
                    for start in stride(from: 0, to: bytes.count, by: 1000) {
                        try await body.write(Array(bytes[start..<min(start + 1000, bytes.count)]))
                    }
                }
            }
        }

        /// Answers with what the body, name-value pairs of FastCGI, asks for: `:status`, `:body` (text), `:stream` (text,
        /// streamed), `:length` (declared for the stream), `:redirect` and `:local` (a target); `+name` is a field as outside
        /// data sets it; all other names are fields as the program itself sets them.
        private func described(by request: Request) async throws -> Response {
            let fields = try FastCGINameValuePairs(decoding: try await request.body.collect())
            var response = Response()
            if let target = fields[":redirect"] { response = try .redirect(to: target) }
            if let target = fields[":local"] { response = try .localRedirect(to: target) }
            if let status = fields[":status"].flatMap({ Int($0) }) { response.status = .init(code: status) }
            if let body = fields[":body"] { response.body = .string(body) }
            if let body = fields[":stream"] {
                let length = fields[":length"].flatMap { Int($0) }
                response.body = .stream(length: length) { writer in
                    for byte in body.utf8 { try await writer.write([byte]) }
                }
            }
            for field in fields {
                var name = String(decoding: field.name, as: UTF8.self)
                let value = String(decoding: field.value, as: UTF8.self)
                if name.hasPrefix(":") { continue }
                if name.hasPrefix("+") {
                    name.removeFirst()
                    try response.addHeader(name, value)
                } else if let name = HTTPField.Name(name) {
                    response.headers.append(HTTPField(name: name, value: value))
                }
            }
            return response
        }

        private static func encoded(_ variables: CGIVariables) -> [UInt8] {
            var seen: Set<String> = []
            return FastCGINameValuePairs(
                variables.compactMap { variable in
                    guard seen.insert(variable.name).inserted else { return nil }
                    return .init(name: variable.name.utf8, value: variables[bytes: variable.name] ?? [])
                }
            ).encoded()
        }

        private static func openDescriptors() throws -> Int {
            guard let directory = opendir("/proc/self/fd") else { throw TestingError.system("opendir") }
            defer { closedir(directory) }
            var count = 0
            while readdir(directory) != nil { count += 1 }
            return count
        }

        /// What a program that a handler starts finds open.
        private static func descriptorsOfChild() throws -> String {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw TestingError.system("pipe") }
            defer { close(ends[0]) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
            var arguments = (["ls", "-l", "/proc/self/fd"] as [String]).map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var processID: pid_t = 0
            let code = posix_spawn(&processID, "/bin/ls", &actions, nil, &arguments, nil)
            close(ends[1])
            guard code == 0 else { throw TestingError.system("posix_spawn", code) }
            var output: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(ends[0], &chunk, chunk.count)
                if count <= 0 { break }
                output += chunk[..<count]
            }
            waitpid(processID, nil, 0)
            return String(decoding: output, as: UTF8.self)
        }
    }
}
