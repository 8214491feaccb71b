import HTTPTypes

extension Response {
    /// A stream of events for browsers' `EventSource` (WHATWG HTML §9.2).
    ///
    ///     router.get("/ticks") { _ in
    ///         Response.events { events in
    ///             for await tick in ticks.listen() {
    ///                 try await events.send(ServerSentEvent(data: tick.description, id: tick.number))
    ///             }
    ///         }
    ///     }
    ///
    /// The response goes out before the first event, so what can go wrong is best tried before: an error that is thrown
    /// here is logged and breaks the connection. While it waits, a stream occupies no thread. The task is cancelled
    /// when the client goes away, and when the program stops: browsers come back by themselves, and name the last event
    /// that they got (``Request/lastEventID``). A limit on the time of handlers does not count for it.
    ///
    /// The web server is told not to buffer it (`X-Accel-Buffering`, which nginx knows), and nobody may keep or compress
    /// it (`Cache-Control`).
    /// - Parameters:
    ///   - heartbeat: After how long without an event a comment is sent, so that no web server or proxy takes the
    ///     connection for dead and clients that vanished are noticed. 15 s by default, to about a second, 10 ms at least;
    ///     `nil` for none.
    ///   - retry: How long browsers wait before they connect again, a day at most. By default a random time from 2 to
    ///     4 s for each client: not all come back at once.
    ///   - produce: Sends the events. When it returns, the response ends, and browsers connect again.
    public static func events(
        heartbeat: Duration? = .seconds(15), retry: Duration? = nil,
        _ produce: @escaping @Sendable (EventStreamWriter) async throws -> Void
    ) -> Response {
        var response = Response.stream(type: "text/event-stream") { body in
            let retry = retry ?? .milliseconds(Int.random(in: 2000...4000))
            // Something has to be sent for the browser to know that it is connected.
            try await body.write(ServerSentEvent(retry: min(max(retry, .zero), .seconds(86_400))).bytes)
            body.becomeEndless(
                heartbeat: heartbeat.map { Heartbeat(bytes: Heartbeat.comment, interval: max($0, .milliseconds(10))) })
            do {
                try await produce(EventStreamWriter(body))
            } catch is CancellationError where Task.isCancelled {
                // To the client this is the end of the response and no break, if it is there to see it.
            }
        }
        response.headers[.cacheControl] = "no-store, no-transform"
        return response
    }

    /// A stream of the events of a sequence; see ``events(heartbeat:retry:_:)``.
    ///
    ///     router.get("/ticks") { _ in Response.events(ticks.listen()) }
    public static func events<Events: AsyncSequence & Sendable>(
        _ events: Events, heartbeat: Duration? = .seconds(15), retry: Duration? = nil
    ) -> Response where Events.Element == ServerSentEvent {
        .events(heartbeat: heartbeat, retry: retry) { writer in
            for try await event in events { try await writer.send(event) }
        }
    }
}

extension Heartbeat {
    /// A comment, which clients skip.
    fileprivate static let comment = Array(":\n\n".utf8)
}
