import CNestboxSystem
import Glibc
import NestboxGateway

/// A child of `serve`, which leads a session of its own, with what it writes to its standard error stream.
///
/// The kernel ends it when this process ends, however that comes.
final class ServedProcess {
    let id: Int32
    /// Where its standard error stream can be read; -1 after the end of that.
    var errors: Int32 { isSilent ? -1 : reader }
    private let reader: Int32
    private var isSilent = false
    /// The end of what it has written there.
    private(set) var lastWords: [UInt8] = []
    private static let limit = 8192

    /// Starts a program.
    /// - Parameters:
    ///   - environment: What it has besides the environment of this process, in place of variables of the same name.
    ///   - input: Its standard input.
    ///   - others: Its descriptors from 3 on.
    init(
        _ program: String, _ arguments: [String], environment: [String], input: Int32, others: [Int32] = []
    ) throws(StartError) {
        var (reader, writer): (Int32, Int32) = (-1, -1)
        guard nestbox_pipe(&reader, &writer) == 0 else { throw StartError("pipe: \(String(cString: strerror(errno)))") }
        // It waits when this process is slow to read, and loses nothing.
        _ = fcntl(writer, F_SETFL, 0)
        _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        defer { close(writer) }
        var spawn = Spawn(
            path: Array(program.utf8CString), arguments: arguments.map { Array($0.utf8CString) },
            environment: environment.map { Array($0.utf8CString) } + Self.inherited(besides: environment))
        spawn.descriptors = [input, STDOUT_FILENO, writer] + others
        (spawn.leadsSession, spawn.deathSignal) = (true, SIGTERM)
        do throws(Spawn.Failure) {
            let (id, handle) = try spawn.start()
            nestbox_close(handle)
            (self.id, self.reader) = (id, reader)
        } catch {
            close(reader)
            throw StartError("\(program) cannot be started: \(error)")
        }
    }

    private static func inherited(besides variables: [String]) -> [[CChar]] {
        let names = variables.compactMap { $0.split(separator: "=").first.map { "\($0)=" } }
        var entries: [[CChar]] = []
        // The environment ends with a null pointer, and nothing changes it meanwhile: this is the only thread.
        var entry = nestbox_environment()
        while let text = entry?.pointee {
            if !names.contains(where: { strncmp(text, $0, $0.utf8.count) == 0 }) {
                entries.append(Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1)))
            }
            entry = entry?.advanced(by: 1)
        }
        return entries
    }

    /// What it has written since the last call, `nil` when there is nothing more to come.
    func read() -> ArraySlice<UInt8>? {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let count = Glibc.read(reader, &chunk, chunk.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        guard count > 0 else {
            isSilent = true
            return nil
        }
        lastWords = Array((lastWords + chunk[..<count]).suffix(Self.limit))
        return chunk[..<count]
    }

    func send(_ signal: Int32) { kill(id, signal) }

    /// Ends it and all that it has started, at once.
    func kill9() { kill(-id, SIGKILL) }

    var hasEnded: Bool { nestbox_child_has_ended(id) == 1 }

    /// Collects it after its end, and returns what that was.
    func collect() -> ProcessEnd {
        // Until it is collected its number stands for its session, in which something may have been left.
        kill9()
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return ProcessEnd(status)
    }

    deinit { close(reader) }
}
