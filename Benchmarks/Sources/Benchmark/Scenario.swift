/// One thing to measure on both sides.
struct Scenario: Sendable {
    /// Where the load generator connects to.
    enum Route: Sendable {
        /// To nginx over HTTP. The client's connection is always kept: closing it would measure the kernel's TCP, and
        /// run out of ports. `kept` is about nginx's connections to the application.
        case nginx(kept: Bool)
        /// To the application's own socket, as FastCGI.
        case direct(kept: Bool)
    }

    enum Exchange: Sendable {
        case hello, echo, big
    }

    let name: String
    let route: Route
    let exchange: Exchange
    let clients: Int

    static let startUp = "cgi-start"

    static let all: [Scenario] = [
        Scenario(name: "hello-kept-16", route: .nginx(kept: true), exchange: .hello, clients: 16),
        Scenario(name: "hello-kept-64", route: .nginx(kept: true), exchange: .hello, clients: 64),
        Scenario(name: "hello-kept-512", route: .nginx(kept: true), exchange: .hello, clients: 512),
        Scenario(name: "hello-closed-16", route: .nginx(kept: false), exchange: .hello, clients: 16),
        Scenario(name: "hello-closed-64", route: .nginx(kept: false), exchange: .hello, clients: 64),
        Scenario(name: "hello-closed-512", route: .nginx(kept: false), exchange: .hello, clients: 512),
        Scenario(name: "echo-kept-16", route: .nginx(kept: true), exchange: .echo, clients: 16),
        Scenario(name: "direct-hello-kept-16", route: .direct(kept: true), exchange: .hello, clients: 16),
        Scenario(name: "direct-hello-kept-64", route: .direct(kept: true), exchange: .hello, clients: 64),
        Scenario(name: "direct-hello-kept-512", route: .direct(kept: true), exchange: .hello, clients: 512),
        Scenario(name: "direct-hello-closed-64", route: .direct(kept: false), exchange: .hello, clients: 64),
        Scenario(name: "direct-echo-kept-16", route: .direct(kept: true), exchange: .echo, clients: 16),
        Scenario(name: "direct-big-kept-16", route: .direct(kept: true), exchange: .big, clients: 16),
    ]

    /// What the load generator has to be told about the request and the answer.
    var exchangeArguments: [String] {
        switch exchange {
        case .hello: ["--path", "/hello", "--expect-text", "Hello, World!"]
        case .echo: ["--path", "/echo", "--method", "POST", "--body-size", "65536"]
        case .big: ["--path", "/big", "--expect-size", "1048576"]
        }
    }

    /// Whether the client's own connections are kept.
    var keepsClients: Bool {
        switch route {
        case .nginx: true
        case .direct(let kept): kept
        }
    }

    /// How many threads the C loop needs, one for each connection that can be open at once.
    ///
    /// Each nginx worker keeps up to `clients` idle connections; which worker the clients land on differs from run to
    /// run. A spare few are for the first requests that ask whether the server is up.
    func threads(nginxWorkers: Int) -> Int {
        if case .nginx(kept: true) = route { return clients * nginxWorkers + 8 }
        return clients + 8
    }
}
