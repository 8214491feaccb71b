public import Logging

/// Writes log entries as lines of text: time, level, label, message, metadata.
///
///     2026-11-20T23:51:07.041Z error nestbox GET /birds failed: … request.id=6f0c4a2b9d1e8735
///
/// Control characters are escaped, so that one entry stays one line whatever a client sends.
public struct LineLogHandler: LogHandler {
    /// The file that lines go to.
    let file: LogFile
    private let label: String

    /// The least severe level that is written.
    ///
    /// `info` by default.
    public var logLevel: Logger.Level
    /// Metadata of all entries.
    public var metadata: Logger.Metadata = [:]
    /// Metadata that is looked up for each entry.
    public var metadataProvider: Logger.MetadataProvider?

    /// Creates a handler.
    public init(label: String, file: LogFile = .standardError, level: Logger.Level = .info) {
        self.label = label
        self.file = file
        logLevel = level
    }

    /// One entry of the metadata.
    public subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an entry, at once.
    public func log(event: LogEvent) {
        var metadata = metadata
        if let provided = metadataProvider?.get() { metadata.merge(provided) { $1 } }
        if let own = event.metadata { metadata.merge(own) { $1 } }
        file.append(waits: false) { line in
            line.append(contentsOf: event.level.rawValue.utf8)
            line.append(UInt8(ascii: " "))
            line.append(contentsOf: label.utf8)
            line.append(UInt8(ascii: " "))
            line.append(escaped: event.message.description.utf8)
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                line.append(UInt8(ascii: " "))
                line.append(escaped: key.utf8)
                line.append(UInt8(ascii: "="))
                line.append(escaped: value.description.utf8)
            }
        }
    }
}

extension [UInt8] {
    /// Appends text, its control characters as `\xNN`.
    mutating func append(escaped text: some Sequence<UInt8>) {
        for byte in text {
            if byte >= 0x20 && byte != 0x7F {
                append(byte)
            } else {
                let digits = Array("0123456789abcdef".utf8)
                append(contentsOf: "\\x".utf8)
                append(digits[Int(byte >> 4)])
                append(digits[Int(byte & 15)])
            }
        }
    }
}
