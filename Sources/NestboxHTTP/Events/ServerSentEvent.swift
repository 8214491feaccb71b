import FoundationEssentials

/// One event of an event stream, as browsers' `EventSource` takes it (WHATWG HTML §9.2).
///
///     try ServerSentEvent(data: "A wren at the window.", event: "visit", id: "17")
///
/// It is encoded once, however many clients it is sent to.
public struct ServerSentEvent: Sendable, Hashable {
    /// The event with its empty line at the end.
    package let bytes: [UInt8]

    /// Creates an event.
    /// - Parameters:
    ///   - data: The text that scripts get. Its lines may end with CR, LF or both; they arrive with LF. Without data no
    ///     script hears of the event, but its `id` and `retry` count.
    ///   - event: What listeners are added for, `message` when `nil`.
    ///   - id: What the browser sends back as ``Request/lastEventID`` when it connects again; an empty one makes it
    ///     forget what it has.
    ///   - retry: How long the browser waits before it connects again, in whole milliseconds.
    /// - Throws: ``ServerSentEventError`` for an `event` or `id` that holds CR, LF or NUL, from which more than this event
    ///   could be made, and for a `retry` that is negative or more than a day.
    public init(
        data: String? = nil, event: String? = nil, id: String? = nil, retry: Duration? = nil
    ) throws(ServerSentEventError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + (data?.utf8.count ?? 0) + (event?.utf8.count ?? 0) + (id?.utf8.count ?? 0))
        if let id { try bytes.appendField("id", singleLine: id) }
        if let event { try bytes.appendField("event", singleLine: event) }
        if let retry {
            guard (.zero ... .seconds(86_400)).contains(retry) else { throw .invalidRetry }
            bytes.append(contentsOf: "retry: \(Int64(retry / .milliseconds(1)))\n".utf8)
        }
        if let data { bytes.appendData(data) }
        bytes.append(UInt8(ascii: "\n"))
        self.bytes = bytes
    }

    /// Creates an event whose data is a value as JSON, which is one line and keeps every character.
    /// - Throws: ``ServerSentEventError``, or `EncodingError` for a value that JSON cannot say.
    public init(json value: some Encodable, event: String? = nil, id: String? = nil) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try self.init(data: String(decoding: encoder.encode(value), as: UTF8.self), event: event, id: id)
    }
}

extension ServerSentEvent: CustomStringConvertible {
    /// The event as it is sent.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// An event that would not arrive as it was given.
public enum ServerSentEventError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The field `id` or `event` holds CR, LF or NUL.
    case invalidField(String)
    /// The time to connect again is negative or more than a day.
    case invalidRetry

    /// What is wrong, without the value.
    public var description: String {
        switch self {
        case .invalidField(let name): "the field '\(name)' of a server-sent event holds CR, LF or NUL"
        case .invalidRetry: "the field 'retry' of a server-sent event is negative or more than a day"
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendField(_ name: String, singleLine value: String) throws(ServerSentEventError) {
        // Bytes and not characters: CR LF is one character.
        guard !value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else { throw .invalidField(name) }
        append(contentsOf: name.utf8)
        append(contentsOf: ": ".utf8)
        append(contentsOf: value.utf8)
        append(0x0A)
    }

    /// Appends a `data` field for each line.
    fileprivate mutating func appendData(_ text: String) {
        append(contentsOf: "data: ".utf8)
        var followsCR = false
        for byte in text.utf8 {
            let isSecondOfPair = followsCR && byte == 0x0A
            followsCR = byte == 0x0D
            if isSecondOfPair { continue }
            if byte == 0x0A || byte == 0x0D {
                append(contentsOf: "\ndata: ".utf8)
            } else {
                append(byte)
            }
        }
        append(0x0A)
    }
}
