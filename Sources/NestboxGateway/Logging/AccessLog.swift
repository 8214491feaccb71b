import HTTPTypes
public import Logging
import NestboxHTTP

/// Writes one line for each request: method, path, status, duration, bytes of the body, the client's address, and the
/// request's id.
///
///     2026-11-20T23:51:07.041Z info nestbox.access GET /birds 200 0.142ms 1024B 192.0.2.7 6f0c4a2b9d1e8735
///
/// Behind a trusted proxy the address is the one that the proxy reports; it is `-` where none is known.
///
/// With a ``LineLogHandler`` the line is made without a detour and may wait a moment for others; with any other handler
/// the entry is a message with metadata. The query is left out, as it may hold secrets.
public struct AccessLog: Sendable {
    private let logger: Logger
    private let file: LogFile?
    let isEnabled: Bool

    /// Logs to where `logger` logs, at level `info`.
    public init(_ logger: Logger) {
        self.logger = logger
        file = (logger.handler as? LineLogHandler)?.file
        isEnabled = logger.logLevel <= .info
    }

    var hasUnwritten: Bool { file?.hasUnwritten ?? false }

    func flush() {
        file?.flush()
    }

    func record(_ head: RequestHead, status: Int, bytes: Int, nanoseconds: UInt64) {
        guard let file else { return logEntry(head, status: status, bytes: bytes, nanoseconds: nanoseconds) }
        file.append(waits: true) { line in
            line.append(contentsOf: "info nestbox.access ".utf8)
            line.append(escaped: head.method.rawValue.utf8)
            line.append(UInt8(ascii: " "))
            line.append(escaped: head.basePath.utf8)
            line.append(escaped: head.rawPath.utf8)
            line.append(UInt8(ascii: " "))
            line.append(decimal: status)
            line.append(UInt8(ascii: " "))
            line.append(milliseconds: nanoseconds)
            line.append(contentsOf: "ms ".utf8)
            line.append(decimal: bytes)
            line.append(contentsOf: "B ".utf8)
            line.append(escaped: (head.remoteAddress ?? "-").utf8)
            line.append(UInt8(ascii: " "))
            line.append(contentsOf: head.id.description.utf8)
        }
    }

    private func logEntry(_ head: RequestHead, status: Int, bytes: Int, nanoseconds: UInt64) {
        logger.info(
            "\(head.method.rawValue) \(head.basePath)\(head.rawPath) \(status)",
            metadata: [
                "http.method": "\(head.method.rawValue)", "http.path": "\(head.basePath)\(head.rawPath)",
                "http.status": "\(status)", "http.bytes": "\(bytes)",
                "duration.us": "\(nanoseconds / 1000)", "client.address": "\(head.remoteAddress ?? "-")",
                "request.id": "\(head.id)",
            ])
    }
}

extension [UInt8] {
    /// Appends a duration in milliseconds with three places.
    fileprivate mutating func append(milliseconds nanoseconds: UInt64) {
        let microseconds = Int(clamping: nanoseconds / 1000)
        append(decimal: microseconds / 1000)
        append(UInt8(ascii: "."))
        let rest = microseconds % 1000
        if rest < 100 { append(UInt8(ascii: "0")) }
        if rest < 10 { append(UInt8(ascii: "0")) }
        append(decimal: rest)
    }
}
