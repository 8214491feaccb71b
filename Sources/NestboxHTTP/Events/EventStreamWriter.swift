/// Takes the events of a response; see ``Response/events(heartbeat:retry:_:)``.
public struct EventStreamWriter: Sendable {
    private let body: ResponseBodyWriter

    init(_ body: ResponseBodyWriter) {
        self.body = body
    }

    /// Sends an event at once, and returns when there is room for more.
    /// - Throws: `CancellationError` when the client or the web server has gone away, or the program is stopping.
    public func send(_ event: ServerSentEvent) async throws {
        try Task.checkCancellation()
        try await body.write(event.bytes)
    }
}
