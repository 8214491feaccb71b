import Glibc
import HTTPTypes
public import NestboxHTTP

/// Lets each client ask only so often.
///
///     router.use(RateLimitMiddleware(60, per: .seconds(60)))
///
///     router.group("/login") { login in
///         login.use(RateLimitMiddleware(5, per: .seconds(60)))
///         login.post("") { … }
///     }
///     router.use(RateLimitMiddleware(1000, per: .seconds(3600)) { request in try await request.session.user })
///
/// A client that asks more often is answered with 429 and `Retry-After`, and that does not count. After a pause as many requests as
/// `burst` are allowed at once, then one each time that `period / count` has passed (GCRA). All responses say how many are left,
/// in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
///
/// By default clients are told apart by their address (``Request/remoteAddress``: with `trustedProxies` the one that the proxy reports),
/// IPv6 addresses by their first 64 bits; those without a known address count as one. Behind a proxy that is not named in
/// `trustedProxies` all visitors are one client.
///
/// What is counted where says ``RateLimitStore``.
public struct RateLimitMiddleware: Middleware {
    private let limit: RateLimit
    private let key: (@Sendable (Request) async throws -> String?)?
    private let name: String
    /// What stands in front of keys: numbers of different limits have nothing to do with each other, also in one store.
    private let prefix: [UInt8]
    private let policy: String
    private let now: @Sendable () -> Int64
    let store: RateLimitStore

    /// Creates a limit.
    /// - Parameters:
    ///   - count: How many requests; at least 1.
    ///   - period: In which time.
    ///   - burst: How many of them at once after a pause; default: all, `count`.
    ///   - name: What tells this limit from others of the same numbers in one store, printable ASCII without `"` and `\`; default:
    ///     `default`. Clients see it.
    ///   - store: Where to count; default: in memory.
    ///   - key: Whose requests count together, `nil` for a request that is not limited; default: the client's address.
    public init(
        _ count: Int, per period: Duration, burst: Int? = nil, name: String = "default",
        store: RateLimitStore = .memory,
        by key: (@Sendable (Request) async throws -> String?)? = nil
    ) {
        self.init(count, per: period, burst: burst, name: name, store: store, by: key, now: Self.systemTime)
    }

    /// Creates a limit with a clock of one's own: nanoseconds since 1970.
    package init(
        _ count: Int, per period: Duration, burst: Int? = nil, name: String = "default",
        store: RateLimitStore = .memory,
        by key: (@Sendable (Request) async throws -> String?)? = nil, now: @escaping @Sendable () -> Int64
    ) {
        precondition(
            name.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") },
            "the name of a rate limit is printable ASCII without quotes and backslashes")
        limit = RateLimit(count, per: period, burst: burst ?? count)
        self.store = store
        self.key = key
        self.now = now
        self.name = name
        prefix = [limit.interval, limit.burst].flatMap { $0.littleEndianBytes } + Array(name.utf8) + [0]
        policy = "\"\(name)\";q=\(limit.burst);w=\(Self.seconds(limit.interval * limit.burst))"
    }

    /// Lets the request through, or answers with 429.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        let counted: RateLimitKey
        if let key {
            guard let text = try await key(request) else { return try await next.respond(to: request) }
            counted = RateLimitKey(text)
        } else {
            counted = RateLimitKey(clientOf: request)
        }
        let decision = try store.counts.take(prefix + counted.bytes, limit, now: now())
        request.onResponse { [name, policy] response in
            // Of several limits the one that is nearest to the handler shows.
            guard response.headers[.rateLimit] == nil else { return }
            response.headers[.rateLimitPolicy] = policy
            response.headers[.rateLimit] =
                "\"\(name)\";r=\(decision.remaining);t=\(Self.seconds(decision.isAllowed ? decision.reset : decision.wait))"
        }
        guard decision.isAllowed else {
            let seconds = Self.seconds(decision.wait)
            request.logger.debug("\(request) is one too many; the next is allowed in \(seconds) s")
            throw HTTPError(
                .tooManyRequests, "Too many requests. Try again in \(seconds) second\(seconds == 1 ? "" : "s").",
                headers: [.retryAfter: "\(seconds)"])
        }
        return try await next.respond(to: request)
    }

    /// Opens the file, where it counts in one.
    public func check(behind outer: [any Middleware]) throws { try store.counts.open() }

    /// Whole seconds, rounded up.
    private static func seconds(_ nanoseconds: Int64) -> Int64 {
        let second: Int64 = 1_000_000_000
        return nanoseconds / second + (nanoseconds % second > 0 ? 1 : 0)
    }

    private static let systemTime: @Sendable () -> Int64 = {
        // Of the wall: the file outlives a start of the machine.
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Int64 {
    fileprivate var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
