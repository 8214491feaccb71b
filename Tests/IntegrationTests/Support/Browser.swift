import Glibc
import NestboxTesting

/// A real browser, without a screen: Chromium with a profile of its own, as a visitor who has never been here.
///
/// It knows this machine only; names lead nowhere. All calls block until the browser has done it. When the object goes,
/// the browser's processes and its profile are gone, too.
///
/// ```swift
/// let browser = try Browser()
/// try browser.open(nginx.url("/"))
/// try browser.text(of: "h1")
/// ```
///
/// Two visitors: `Browser(on: driver)` twice, with one ``WebDriver``, which spares starting another.
final class Browser {
    /// How long a page has to become what a test waits for; the machine may be slow.
    static let patience: Duration = .seconds(30)

    let driver: WebDriver
    private let profile: TemporaryDirectory
    /// The path of the session at the driver.
    private let session: String
    private let processID: Int32
    private var hasEnded = false

    static var isInstalled: Bool { WebDriver.isInstalled }

    /// Starts Chromium, which on a busy machine may end at once, for some seconds, before it has said why.
    private static func start(_ wanted: JSON, _ driver: WebDriver, _ profile: String) throws -> JSON {
        var answer = Result<JSON, any Error>.failure(TestingError(.closed, "Chromium was not asked"))
        _ = eventually(within: .seconds(60)) {
            answer = Result { try driver.call("POST", "/session", wanted, timeout: .seconds(120)) }
            guard case .failure(let error) = answer else { return true }
            // What was started of the browser knows its profile by name.
            Process.end(Process.naming(profile), grace: .zero)
            return (error as? WebDriverError)?.code != "session not created"
        }
        return try answer.get()
    }

    /// Starts a browser whose pages are `width` by `height` pixels large.
    init(on driver: WebDriver? = nil, width: Int = 1280, height: Int = 800) throws {
        let driver = try driver ?? WebDriver()
        let profile = try TemporaryDirectory(in: driver.directory.path)
        var arguments = [
            "--headless=new", "--user-data-dir=\(profile.path)", "--disable-gpu", "--disable-dev-shm-usage",
            "--window-size=\(width),\(height)", "--no-first-run", "--no-default-browser-check", "--no-proxy-server",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ]
        // Chromium refuses to run as root in its sandbox.
        if geteuid() == 0 { arguments.append("--no-sandbox") }
        let wanted: JSON = [
            "capabilities": [
                "alwaysMatch": [
                    "browserName": "chrome",
                    // Above the driver's own limits for a page, a call would end without its explanation.
                    "timeouts": ["pageLoad": 60_000, "script": 30_000, "implicit": 0],
                    "goog:chromeOptions": [
                        "binary": .string(Repository.tool("chromium") ?? "chromium"),
                        "args": .array(arguments.map { .string($0) }),
                    ],
                ]
            ]
        ]
        let answer = try Self.start(wanted, driver, profile.path)
        let number = answer["capabilities"]?["goog:processID"]?.integer.flatMap { Int32(exactly: $0) }
        guard let id = answer["sessionId"]?.string, let number, number > 1 else {
            Process.end(Process.naming(profile.path), grace: .zero)
            throw WebDriverError(code: "no session", message: "\(answer)", order: "POST /session")
        }
        (self.driver, self.profile, session, processID) = (driver, profile, "/session/\(id)", number)
        try resize(width: width, height: height)
    }

    deinit { end() }

    /// Ends the browser, as the end of the object does.
    func end() {
        if hasEnded { return }
        hasEnded = true
        let family = processes
        let wasTold = (try? driver.call("DELETE", session, timeout: .seconds(30))) != nil
        Process.end(family, grace: wasTold ? .seconds(15) : .zero)
    }

    /// All processes of this browser.
    var processes: Set<Process.Identity> {
        Process.family(of: processID).union(Process.naming(profile.path))
    }

    /// Gives the driver an order about this session.
    @discardableResult
    func call(_ method: String, _ path: String, _ body: JSON? = nil) throws -> JSON {
        try driver.call(method, session + path, body)
    }

    /// Makes the page so large; a width of 500 or less takes the shape of a phone.
    func resize(width: Int, height: Int) throws {
        // A window has a frame, and is never as narrow as a phone; what is emulated is exact.
        try call(
            "POST", "/goog/cdp/execute",
            [
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": [
                    "width": .number(Double(width)), "height": .number(Double(height)), "deviceScaleFactor": 1,
                    "mobile": .bool(width <= 500),
                ],
            ])
    }

    /// Shows pages as to someone who prefers dark ones, or light ones.
    func emulate(darkMode: Bool) throws {
        let feature: JSON = ["name": "prefers-color-scheme", "value": .string(darkMode ? "dark" : "light")]
        try call(
            "POST", "/goog/cdp/execute",
            ["cmd": "Emulation.setEmulatedMedia", "params": ["features": .array([feature])]])
    }

    /// Runs the body of a JavaScript function, with `arguments` in its `arguments`, and returns what it returns.
    @discardableResult
    func run(_ script: String, _ arguments: JSON...) throws -> JSON {
        try call("POST", "/execute/sync", ["script": .string(script), "args": .array(arguments)])
    }
}
