import Glibc
import NestboxTesting

/// A certificate of TLS that nobody vouches for, with its key, and a client that asks for no more.
final class Certificate {
    private let directory: TemporaryDirectory
    private let openssl: String

    /// The file of both, in PEM.
    var path: String { directory.path("certificate.pem") }

    static var canBeMade: Bool { Repository.tool("openssl") != nil }

    init() throws {
        guard let openssl = Repository.tool("openssl") else {
            throw TestingError(.refused, "openssl is not installed")
        }
        self.openssl = openssl
        directory = try TemporaryDirectory()
        let made = try CommandOutput(
            openssl,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-keyout", path, "-out", directory.path("public.pem"),
            ], environment: [:])
        guard made.status == .exited(0) else { throw TestingError(.refused, made.stderr) }
        try directory.write(
            try directory.read("certificate.pem") + directory.read("public.pem"), to: "certificate.pem")
        // Web servers may run as another user.
        OtherUser.give(directory)
    }

    /// Sends a request over TLS, and returns everything that comes until the server ends the connection.
    func request(_ request: String, to address: LoopbackAddress) throws -> [UInt8] {
        let output = try ChildProcess(openssl, ["s_client", "-quiet", "-connect", "\(address)"], stdin: .pipe)
            .output(input: Array(request.utf8), timeout: .seconds(20))
        guard !output.stdout.isEmpty else {
            throw TestingError(.closed, String(decoding: output.stderr, as: UTF8.self))
        }
        return output.stdout
    }
}
