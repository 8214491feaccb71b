import Glibc

/// How this process was started, which is how those that go on in its place are started, too.
///
/// It is a copy: an application may change its environment later, on any thread.
struct Launch: Sendable {
    let program = ProgramFile.current
    /// The command line and the environment, each text ended by NUL.
    let arguments: [[CChar]]
    private let environment: [[CChar]]
    /// The process that started this one.
    let parent = getppid()
    /// Where systemd is told what becomes of the service.
    let notifySocket = getenv("NOTIFY_SOCKET").map { String(cString: $0) }

    /// As it was when somebody first asked: see ``forget()``.
    static let current = Launch()

    /// Variables that are about this process alone, by their meaning or because what they name is closed for others.
    private static let own = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", Handover.variable]

    private init() {
        arguments = Self.texts(CommandLine.unsafeArgv)
        let own = Self.own.map { Array("\($0)=".utf8) }
        environment = Self.texts(environ).filter { text in
            !own.contains { text.lazy.map { UInt8(bitPattern: $0) }.starts(with: $0) }
        }
    }

    private static func texts(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [[CChar]] {
        var texts: [[CChar]] = []
        guard var list else { return texts }
        while let text = list.pointee {
            texts.append(Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1)))
            list += 1
        }
        return texts
    }

    /// Removes from the environment what the programs that handlers start must not see.
    ///
    /// The process must have no other threads yet.
    func forget() {
        for name in Self.own + ["NOTIFY_SOCKET"] { unsetenv(name) }
    }

    /// The environment of a process that is started with `handover`.
    func environment(_ handover: Handover) -> [[CChar]] {
        let notification = Array("NOTIFY_SOCKET=".utf8)
        let variable = "\(Handover.variable)=\(handover.text)".utf8CString
        return environment.filter { text in
            // The supervisor speaks for its workers.
            handover.role != .worker || !text.lazy.map { UInt8(bitPattern: $0) }.starts(with: notification)
        } + [Array(variable)]
    }
}
