import CNestboxSystem
public import NestboxHTTP

/// How a gateway listens, and what a connection and a request may cost.
public struct GatewayConfiguration: Sendable {
    /// Where to listen when the program was not started with a listening socket.
    public var listen: [ListenAddress] = []
    /// How a unix socket that the program makes is protected.
    public var unixSocket = UnixSocketOptions()
    /// The addresses that may connect over TCP.
    ///
    /// By default this machine only; the protocol has no other protection.
    public var allowedClients: [String] = ["127.0.0.0/8", "::1"]
    /// How many threads serve.
    ///
    /// By default the number of processors, and at least four, since a handler may block one.
    public var workers: Int
    /// How many processes serve, under a supervisor that starts those anew that end.
    ///
    /// 0, the default, is this process alone, without a supervisor. Each has ``workers`` threads and ``limits`` of its own.
    public var processes = 0
    /// What is done when the program's file was replaced on disk.
    ///
    /// By default a program leaves whose spawner (mod_fcgid, lighttpd) starts it anew, and any other does nothing.
    public var whenReplaced: WhenReplaced?
    /// The mount point, such as `/app`, when the web server's variables cannot tell it.
    public var basePath: String?
    /// Whose `X-Forwarded-…` fields are believed.
    ///
    /// By default nobody's.
    public var trustedProxies = TrustedProxies.none
    /// The hosts that requests may be for.
    ///
    /// By default any. A request for another is answered with 421.
    public var allowedHosts = AllowedHosts.any
    /// Which files the web server sends in the application's place.
    ///
    /// By default none.
    public var fileHandOff = FileHandOff.none
    /// Counts and sizes.
    public var limits = Limits()
    /// How much of a form is taken; a request can have others, see `Request.form(limits:)`.
    public var forms = FormLimits()
    /// Times.
    public var timeouts = Timeouts()

    /// Counts and sizes, all of them what a client can use up.
    public struct Limits: Sendable {
        /// Connections at once; further ones wait in the system's queue.
        ///
        /// 4,096 by default.
        public var connections = 4096
        /// Connections that wait to be accepted.
        ///
        /// 1,024 by default; the system may allow fewer.
        public var backlog = 1024
        /// Bytes of a request's body.
        ///
        /// 16 MiB by default. A longer one is answered with 413, unless a route's `BodyLimitMiddleware` allows it.
        public var body = 16 << 20
        /// Bytes of a body on the route that allows most.
        package var largestBody = 0
        /// Header fields of a request.
        ///
        /// 100 by default. More are answered with 431.
        public var headers = 100
        /// Cookies of a request.
        ///
        /// 200 by default, which is more than browsers keep for a site. More are answered with 431.
        public var cookies = 200
        /// Bytes of all meta-variables of a request with their names.
        ///
        /// 256 KiB by default, 1,000,000 at most.
        public var parametersSize = 256 << 10
        /// Meta-variables of a request.
        ///
        /// 1,000 by default. More, or larger ones, are answered with 431.
        public var parameterCount = 1000
        /// Bytes of one meta-variable's value.
        ///
        /// 128 KiB by default.
        public var parameterValueSize = 128 << 10
        /// Bytes of a body that no handler read and that are received all the same, so that the web server gets the
        /// response.
        ///
        /// 16 MiB by default.
        public var drainedBody = 16 << 20

        /// The defaults.
        public init() {}
    }

    /// How long things may take.
    public struct Timeouts: Sendable {
        /// From the first byte of a request to its last meta-variable, and from connecting to the first byte.
        ///
        /// 10 s.
        public var header = Duration.seconds(10)
        /// Between two pieces of a body that a handler waits for.
        ///
        /// 60 s. Then the handler gets a 408.
        public var body = Duration.seconds(60)
        /// Until a web server that reads nothing takes some of a response.
        ///
        /// 60 s.
        public var write = Duration.seconds(60)
        /// A kept connection without a request.
        ///
        /// 120 s, which is more than nginx keeps one (60 s).
        public var idle = Duration.seconds(120)
        /// For what is left of a request after its response.
        ///
        /// 5 s.
        public var linger = Duration.seconds(5)
        /// A handler, until its response is complete; then its task is cancelled and 504 is sent.
        ///
        /// `nil`, the default, is no limit: the web server has one of its own.
        public var handler: Duration?
        /// The requests under way when the program is told to stop.
        ///
        /// 30 s.
        public var grace = Duration.seconds(30)
        /// A process that takes another one's place, or serves beside others, until it serves.
        ///
        /// 30 s.
        public var start = Duration.seconds(30)

        /// The defaults.
        public init() {}
    }

    /// The defaults.
    public init() {
        workers = max(4, Int(nestbox_processors()))
    }
}
