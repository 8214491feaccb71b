import Crypto
import Logging
import NestboxSessions
import NestboxTesting

extension FileSessionStore {
    /// A store for a check of the contract.
    convenience init(
        _ setup: SessionStoreContract.Setup, in directory: TemporaryDirectory, isSealed: Bool = false
    ) throws(SessionStoreError) {
        try self.init(
            directory: directory.path("sessions"), sealingKey: isSealed ? .testing : nil, maxBytes: setup.maxBytes,
            clock: setup.clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

extension SymmetricKey {
    /// The key of sealed files in tests.
    static let testing = SymmetricKey(data: Array("a key of thirty-two bytes, or so".utf8))
}
