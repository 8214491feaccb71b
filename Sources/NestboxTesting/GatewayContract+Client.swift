import NestboxGateway

extension GatewayContract {
    /// The web server's side of a check.
    struct Client: Sendable {
        let configuration: GatewayConfiguration
        private let connector: @Sendable () throws -> FastCGIConnection
        /// Makes the names of events different in every run.
        private let token = String(UInt64.random(in: .min ... .max), radix: 36)

        init(configuration: GatewayConfiguration, connect: @escaping @Sendable () throws -> FastCGIConnection) {
            self.configuration = configuration
            connector = connect
        }

        func connect() throws -> FastCGIConnection { try connector() }

        /// The name of an event, for this run only.
        func event(_ name: String) -> String { "\(name)-\(token)" }

        /// Sends a request on a connection of its own and holds the answer to the protocol.
        func perform(
            _ request: FastCGIRequest, _ framing: FastCGIRequest.Framing = .init()
        ) throws -> FastCGIResponse {
            try perform(request, framing, on: connect())
        }

        /// Sends a request and holds the answer to the protocol.
        func perform(
            _ request: FastCGIRequest, _ framing: FastCGIRequest.Framing = .init(), on connection: FastCGIConnection
        ) throws -> FastCGIResponse {
            let response = try connection.perform(request, framing)
            try Self.hold(response, "\(request.variables["REQUEST_URI"] ?? "the request")")
            if !framing.keepConnection {
                try expect(response.ending == .closed, "the connection ended with \(response.ending)")
            }
            return response
        }

        /// Sends a request whose answer must have status 200, and returns the body.
        func get(_ target: String, on connection: FastCGIConnection? = nil) throws -> String {
            let framing = FastCGIRequest.Framing(keepConnection: connection != nil)
            let response = try perform(FastCGIRequest(target: target), framing, on: connection ?? connect()).cgi
            try expect(response.status == 200, "\(target) was answered with \(response.status) \(response.text)")
            return response.text
        }

        /// Whether a kept connection still serves.
        func expectService(on connection: FastCGIConnection) throws {
            let body = Array("still here".utf8)
            let response = try perform(.echo(body), .init(id: 1, keepConnection: true), on: connection)
            try expect(response.cgi.body == body, "the next request on the connection got \(response.cgi)")
        }

        /// Whether the gateway still serves.
        func expectService() throws { try expectService(on: connect()) }

        /// Has every worker serve once, for what it opens then and keeps.
        func warmUp() throws {
            let event = event("warm")
            let blocked = try (1..<configuration.workers).map { _ in
                let connection = try connect()
                try connection.send(FastCGIRequest(target: "/block?\(event)").encoded())
                return connection
            }
            try wait(for: "began \(event)", times: blocked.count)
            try record(event)
            for connection in blocked { _ = try connection.readUntilClose() }
        }

        // MARK: Events

        /// Waits until a handler has noted an event.
        func wait(for event: String) throws { _ = try get("/wait?\(event)") }

        /// Waits until handlers have noted an event so many times.
        func wait(for event: String, times: Int) throws {
            let connection = try connect()
            let end = ContinuousClock.now + .seconds(10)
            while true {
                let count = try get("/count?\(event)", on: connection)
                if count == "\(times)" { return }
                try expect(.now < end, "'\(event)' was noted \(count) times, not \(times)")
            }
        }

        /// Notes an event, for which a handler waits.
        func record(_ event: String) throws { _ = try get("/record?\(event)") }

        /// How often an event was noted.
        func count(_ event: String) throws -> Int { Int(try get("/count?\(event)")) ?? -1 }

        // MARK: Expectations

        static func hold(_ response: FastCGIResponse, _ request: String) throws {
            try expect(response.isWellFormed, "the answer to \(request): \(response.violations)")
            try expect(
                response.protocolStatus == .requestComplete, "\(request): \(String(describing: response.endRequest))")
        }

        /// Reads up to the end of the connection, which must come without a record.
        func expectClose(of connection: FastCGIConnection, acceptingReset: Bool = true) throws {
            let records = try connection.readUntilClose(acceptingReset: acceptingReset)
            try expect(records.isEmpty, "before it closed the connection the gateway sent \(records.prefix(3))")
        }
    }
}

/// Ends a check when a condition does not hold.
func expect(_ condition: Bool, _ violation: @autoclosure () throws -> String) throws {
    if !condition { throw GatewayContract.Violation(description: try violation()) }
}

extension FastCGIRequest {
    /// A request whose body comes back.
    static func echo(_ body: [UInt8]) -> FastCGIRequest { FastCGIRequest(method: "POST", target: "/echo", body: body) }

    /// A request that has the responder answer with `fields`; `:status`, `:body`, `:stream`, `:length` and the other
    /// names with a colon are described at the route.
    static func respond(method: String = "POST", _ fields: FastCGINameValuePairs) -> FastCGIRequest {
        FastCGIRequest(method: method, target: "/respond", body: fields.encoded())
    }
}

extension [UInt8] {
    /// Bytes in which no part is like another of the same place in a record: what is lost or doubled shows.
    static func pattern(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: index % 251 &+ index / 251 % 7) }
            used = count
        }
    }
}
