/// Reads an event stream as browsers do (WHATWG HTML §9.2.6), piece by piece as it arrives.
public struct EventStreamParser: Sendable {
    /// An event that a script would hear of.
    public struct Event: Sendable, Hashable {
        /// What listeners are added for.
        public var type: String
        /// The text.
        public var data: String
        /// The last id that had come by then; empty when none had.
        public var lastEventID: String

        /// Creates an event, to compare with.
        public init(type: String = "message", data: String, lastEventID: String = "") {
            self.type = type
            self.data = data
            self.lastEventID = lastEventID
        }
    }

    /// The id that a browser would send when it connects again; empty for none.
    public private(set) var lastEventID = ""
    /// How many milliseconds a browser would wait before it connects again, if the stream has said so.
    public private(set) var retry: Int?
    /// How many comments have come.
    public private(set) var comments = 0

    private var line: [UInt8] = []
    private var followsCR = false
    private var isAtStart = true
    private var data = ""
    private var type = ""
    private var id: String?

    /// Creates a parser at the start of a stream.
    public init() {}

    /// Takes the next bytes of the stream, and returns the events that they complete.
    public mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            let isSecondOfPair = followsCR && byte == 0x0A
            followsCR = byte == 0x0D
            if isSecondOfPair { continue }
            if byte == 0x0A || byte == 0x0D {
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line = [] }
        if isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isAtStart = false
        if line.isEmpty { return dispatch() }
        if line.first == UInt8(ascii: ":") {
            comments += 1
            return nil
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": type = text
        case "data": data += text + "\n"
        case "id": if !value.contains(0) { id = text }
        case "retry": if !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) { retry = Int(text) }
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        defer { (data, type) = ("", "") }
        if let id { lastEventID = id }
        if data.isEmpty { return nil }
        return Event(type: type.isEmpty ? "message" : type, data: String(data.dropLast()), lastEventID: lastEventID)
    }
}

extension TestResponse {
    /// The events of a response that is an event stream.
    public var events: [EventStreamParser.Event] {
        var parser = EventStreamParser()
        return parser.receive(body)
    }
}
