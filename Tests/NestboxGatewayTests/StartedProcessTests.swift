import CNestboxSystem
import Glibc
import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("processes that were started", .timeLimit(.minutes(1)))
struct StartedProcessTests {
    @Test("get a signal where the system does not take their descriptor, as in a sandbox")
    func refusedHandle() throws {
        let process = try ChildProcess("/bin/sleep", ["60"])
        // The system refuses any other descriptor, too.
        let other = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(other) }
        nestbox_signal_process(other, process.processID, SIGTERM)
        #expect(try process.wait() == .signalled(SIGTERM))
    }
}
