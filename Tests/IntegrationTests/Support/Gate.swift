import Glibc
import NestboxTesting

/// Holds back requests of the program Notebook until the test lets them pass.
final class Gate {
    let directory: TemporaryDirectory
    private let arrived: Int32
    private let gate: Int32

    init() throws {
        directory = try TemporaryDirectory()
        let (arrived, gate) = (directory.path("arrived"), directory.path("gate"))
        guard mkfifo(arrived, 0o600) == 0, mkfifo(gate, 0o600) == 0 else { throw File.SystemError("mkfifo") }
        // Open for both directions neither end waits for the other.
        self.arrived = open(arrived, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        self.gate = open(gate, O_RDWR | O_CLOEXEC)
        guard self.arrived >= 0, self.gate >= 0 else { throw File.SystemError("open") }
    }

    /// Waits until a request has come, and says whether one has.
    func hasArrival(within timeout: Duration = .seconds(30)) -> Bool {
        eventually(within: timeout) {
            var byte: UInt8 = 0
            return read(arrived, &byte, 1) == 1
        }
    }

    /// Lets one request pass.
    func letPass() {
        var byte: UInt8 = 1
        _ = write(gate, &byte, 1)
    }

    deinit {
        close(arrived)
        close(gate)
    }
}
