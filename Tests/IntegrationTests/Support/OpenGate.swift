import Glibc
import NestboxTesting

/// Holds back a request of the program Mirror until the test lets it pass; whichever user that runs as.
final class OpenGate {
    let path: String
    private let directory: TemporaryDirectory
    private let descriptor: Int32

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path("gate")
        guard mkfifo(path, 0o600) == 0 else { throw File.SystemError("mkfifo") }
        OtherUser.give(directory)
        // Open for both directions neither end waits for the other.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw File.SystemError("open") }
    }

    func letPass() {
        var byte: UInt8 = 1
        _ = write(descriptor, &byte, 1)
    }

    deinit { close(descriptor) }
}
