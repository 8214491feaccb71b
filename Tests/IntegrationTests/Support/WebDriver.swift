import Glibc
import NestboxTesting

/// Debian's `chromedriver`, which drives Chromium and takes orders over HTTP (W3C WebDriver).
///
/// It runs until this object goes, which every ``Browser`` holds on to.
final class WebDriver {
    /// What the driver and its browsers write, and nothing else: the home and the temporary files of all of them.
    let directory: TemporaryDirectory
    private let child: ChildProcess
    private let address: LoopbackAddress

    static var isInstalled: Bool { Repository.tool("chromedriver") != nil && Repository.tool("chromium") != nil }

    /// Starts the driver on a port that it finds free, and waits until it listens.
    ///
    /// It listens on the loopback interface only.
    init() throws {
        guard let program = Repository.tool("chromedriver") else {
            throw TestingError(.refused, "chromedriver is not installed")
        }
        let directory = try TemporaryDirectory()
        let child = try ChildProcess(
            program, ["--port=0", "--log-path=\(directory.path("driver.log"))"],
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path, "TMPDIR": directory.path,
                "XDG_RUNTIME_DIR": directory.path, "LANG": "C.UTF-8", "TZ": "UTC",
            ], stdout: .file(directory.path("output")), stderr: .file(directory.path("output")))
        var port: UInt16?
        _ = try eventually(within: .seconds(60)) {
            port = Self.port(announcedIn: (try? directory.read("output")) ?? "")
            return try port != nil || child.poll() != nil
        }
        guard let port else {
            throw TestingError(.closed, "chromedriver did not start: \((try? directory.read("output")) ?? "")")
        }
        (self.directory, self.child, address) = (directory, child, .port(port))
    }

    deinit {
        _ = try? child.stop(grace: .seconds(10))
        // Chromium's reporters of crashes are no children of it, and end a moment later.
        Process.end(Process.naming(directory.path), grace: .seconds(10))
    }

    var processID: Int32 { child.processID }

    /// Ends the driver as a crash would.
    func kill() { _ = try? child.stop(SIGKILL) }

    /// The number in `… was started successfully on port 41234.`.
    private static func port(announcedIn output: String) -> UInt16? {
        for line in output.split(separator: "\n") where line.contains("started successfully on port ") {
            // The full stop tells that the number is whole.
            guard line.last == "." else { return nil }
            return line.dropLast().split(separator: " ").last.flatMap { UInt16($0) }
        }
        return nil
    }

    /// Gives an order, and returns the `value` of the answer.
    /// - Throws: ``WebDriverError`` with what the driver said.
    @discardableResult
    func call(
        _ method: String, _ path: String, _ body: JSON? = nil, timeout: Duration = .seconds(90)
    ) throws -> JSON {
        let order = "\(method) \(path)"
        do {
            // A connection for each order: the driver may close an idle one just when the next order goes out.
            let response = try HTTPConnection(to: address, timeout: timeout).request(
                method, path, headers: [("Content-Type", "application/json; charset=utf-8")],
                body: try method == "POST" ? (body ?? [:]).encoded() : nil)
            let value = try JSON(parsing: response.body)["value"] ?? .null
            if response.status == 200 { return value }
            throw WebDriverError(
                code: value["error"]?.string ?? "status \(response.status)",
                message: value["message"]?.string ?? response.text, order: order)
        } catch let error as WebDriverError {
            throw error
        } catch {
            throw WebDriverError(code: "no answer", message: "\(error)\n\(logEnd)", order: order)
        }
    }

    /// The end of what the driver has noted.
    var logEnd: String {
        let lines = ((try? directory.read("driver.log")) ?? "").split(separator: "\n")
        return lines.suffix(20).joined(separator: "\n")
    }
}

/// What a driver answered instead of obeying.
struct WebDriverError: Error, CustomStringConvertible {
    /// The error code of the protocol, such as `no such element`.
    var code: String
    /// The driver's words.
    var message: String
    /// What it was asked.
    var order: String

    var description: String { "\(order): \(code): \(message)" }
}
