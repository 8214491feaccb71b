import Logging
import Synchronization

/// Counts warnings and keeps nothing.
final class WarningCounter: LogHandler {
    private let number = Mutex(0)

    var count: Int { number.withLock(\.self) }

    func log(event: LogEvent) {
        if event.level == .warning { number.withLock { $0 += 1 } }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .warning }
        set {}
    }
}
