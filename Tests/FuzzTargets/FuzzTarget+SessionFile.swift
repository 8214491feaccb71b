import Crypto
import Glibc
import Logging
import NestboxSessions
import NestboxTesting
import Synchronization

extension FuzzTarget {
    /// Files of sessions: as they come, and with the check made right.
    static let sessionFile = FuzzTarget("session-file") { input in
        let store = try SessionFiles.shared.get()
        let read = try await store.load(input)
        try expect(
            read.session == nil || input.count >= 2048 || input.count >= 56,
            "a file that is shorter than a header holds no session")
        let valid = store.withRightChecks(input)
        if let session = try await store.load(valid).session, !session.record.isExpired(at: SessionFiles.now) {
            let changed = try await store.store.update(session) { $0.values["fuzz"] = 1 }
            let again = try await store.store.load(session.token).session
            try expect(
                changed?.record.values["fuzz"] == 1 && again?.record == changed?.record,
                "a session that was read can be changed")
        }
        // Any content in a file that is right: what comes after the check.
        let content = store.file(holding: input)
        if let session = try await store.load(content).session {
            try expect(
                try await store.load(content.withOneChange(in: 24..<56)).session == nil,
                "a file whose check is wrong holds no session")
        }
    }
}

/// A store of files in a directory of its own, and the file of one session in it.
private final class SessionFiles: Sendable {
    static let shared = Result { try SessionFiles() }

    static let now: Int64 = 1_800_000_000

    /// Where the files are; it goes when the process ends, as `shared` never does.
    private static let directory = Mutex<TemporaryDirectory?>(nil)
    let store: FileSessionStore
    private let token: SessionToken
    private let name: String
    private let path: String

    private init() throws {
        let directory = try TemporaryDirectory()
        Self.directory.withLock { $0 = directory }
        atexit { SessionFiles.directory.withLock { $0 = nil } }
        let sessions = directory.path("sessions")
        store = try FileSessionStore(
            directory: sessions, maxBytes: 10_000,
            clock: SessionClock { Self.now }, ids: .init { [UInt8](repeating: 7, count: 32) },
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
        let id = SessionID.Generator { [UInt8](repeating: 7, count: 32) }()
        token = id.token
        name = id.key
        path = "\(sessions)/v1/\(name.prefix(2))"
    }

    func load(_ bytes: [UInt8]) async throws -> SessionLookup {
        mkdir(path, 0o700)
        unlink("\(path)/\(name)")
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TestingError(.system, "open: \(errno)") }
        let count = write(file, bytes, bytes.count)
        // The time of last use, which has to be the same in every run.
        let used = timespec(tv_sec: Int(Self.now), tv_nsec: 0)
        futimens(file, [used, used])
        close(file)
        guard count == bytes.count else { throw TestingError(.system, "write: \(errno)") }
        return try await store.load(token)
    }

    /// The bytes with the check of both slots that they can have.
    func withRightChecks(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for offset in [0, bytes.count / 2] where bytes.count - offset >= 56 {
            let length = bytes[(offset + 8)..<(offset + 12)].reversed().reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - offset - 56 else { continue }
            let content = bytes[(offset + 56)..<(offset + 56 + length)]
            let check = Self.check(name, bytes[offset..<(offset + 24)], content)
            bytes.replaceSubrange((offset + 24)..<(offset + 56), with: check)
        }
        return bytes
    }

    /// A file with one right slot.
    func file(holding content: [UInt8]) -> [UInt8] {
        let size = max(1024, (56 + content.count + 1 + 511) / 512 * 512)
        var slot: [UInt8] = [0x4E, 0x42, 0x53, 0x01]
        for number in [size, content.count, 0, 1, 0] {
            for shift in [0, 8, 16, 24] { slot.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        slot += Self.check(name, slot[...], content[...])
        slot += content
        return slot + [UInt8](repeating: 0x0A, count: 2 * size - slot.count)
    }

    private static func check(_ name: String, _ header: ArraySlice<UInt8>, _ content: ArraySlice<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(name.utf8) + header + content))
    }
}

extension [UInt8] {
    /// The bytes with one bit turned in a range.
    fileprivate func withOneChange(in range: Range<Int>) -> [UInt8] {
        var random = generator
        var changed = self
        let index = Int.random(in: range, using: &random)
        if index < count { changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        return changed
    }
}
