public import HTTPTypes
public import Nestbox
import NestboxHTTP
import Synchronization

/// Runs requests straight into an application: no web server, no gateway, no socket.
///
/// ```swift
/// let client = try TestClient(try Application(router: router))
/// let response = await client.get("/birds", headers: [.accept: "application/json"])
/// #expect(response.status == .ok)
/// #expect(try response.decode([Bird].self).count == 3)
/// ```
///
/// Requests are made of the meta-variables that nginx would send, and responses are what a gateway would write for them:
/// errors are converted, `Content-Length` is there, `HEAD` has no body, streams are run to their end. Timeouts and the
/// protocol itself are not part of it.
///
/// A client is one visitor: it keeps cookies and sends them back as browsers do. It does not follow redirects unless
/// ``Configuration/redirectLimit`` says so.
public final class TestClient: Sendable {
    /// How requests are made.
    public let configuration: Configuration
    private let responder: any Responder
    private let errors: ErrorResponses
    private let jar = Mutex(CookieJar())

    /// Makes a client without cookies.
    ///
    /// An application whose sessions are configured from outside reads the environment of the test.
    /// - Throws: What would keep the application from starting.
    public init(_ application: Application, _ configuration: Configuration = Configuration()) throws {
        responder = try application.responder()
        errors = application.errors(isDevelopment: configuration.isDevelopment)
        var configuration = configuration
        configuration.gateway.limits.largestBody = application.largestBody
        self.configuration = configuration
    }

    /// The cookies that the client has.
    public var cookies: CookieJar {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    /// Sends a request and waits for the end of its response.
    /// - Parameters:
    ///   - method: The method.
    ///   - target: Path and query as a browser would send them, the mount point included and percent-encoded; or a URL,
    ///     whose scheme and host then take the place of the configured ones.
    ///   - headers: Header fields. A `Cookie` field takes the place of the client's cookies.
    ///   - body: The body; its type is sent unless `headers` have another `Content-Type`.
    ///   - variables: Meta-variables that replace the ones made of the rest, or, with `nil`, take them away.
    public func send(
        _ method: HTTPRequest.Method, _ target: String, headers: HTTPFields = [:], body: Body = .none,
        variables: [String: String?] = [:]
    ) async -> TestResponse {
        var (method, body) = (method, body)
        var destination = Destination(target, configuration)
        var response = await send(method, destination, headers, body, variables)
        for _ in 0..<max(0, configuration.redirectLimit) {
            guard let location = response.headers[.location] else { break }
            switch response.status.code {
            case 301, 302: if method == .post { (method, body) = (.get, .none) }
            case 303: if method != .head { (method, body) = (.get, .none) }
            case 307, 308: break
            default: return response
            }
            destination.follow(location)
            response = await send(method, destination, headers, body, variables)
        }
        return response
    }

    private func send(
        _ method: HTTPRequest.Method, _ destination: Destination, _ headers: HTTPFields, _ body: Body,
        _ variables: [String: String?]
    ) async -> TestResponse {
        var headers = headers
        if headers[.cookie] == nil { headers[.cookie] = cookies.fieldValue(for: destination.location) }
        let all = CGIVariables(
            method, destination, headers, body, configuration,
            overrides: configuration.variables.merging(variables) { $1 })
        let response = await perform(all, body)
        jar.withLock { jar in
            for value in response.headers[values: .setCookie] { jar.store(value, from: destination.location) }
        }
        return response
    }
}

extension TestClient {
    /// Answers a request made of meta-variables.
    private func perform(_ variables: CGIVariables, _ body: Body) async -> TestResponse {
        let head = RequestHead(variables: variables, settings: configuration.settings)
        let source = BodySource(body.chunks, declared: head.contentLength, limit: head.bodyLimit)
        let request = Request(
            head: head,
            body: head.contentLength == 0
                ? .empty : RequestBody(source: source, length: head.contentLength, limit: head.bodyLimit))
        let recorder = ErrorRecorder(responder)
        let response = await errors.respond(to: request, with: recorder)
        let buffered = await BufferedResponse(response, to: request, errors: errors)
        await response.afterwards?()
        head.endResponse()
        return TestResponse(response, buffered, error: recorder.error)
    }
}

/// Remembers the error that a responder throws.
private final class ErrorRecorder: RefusalObserver {
    private let responder: any Responder
    private let thrown = Mutex<(any Error)?>(nil)

    init(_ responder: any Responder) {
        self.responder = responder
    }

    var error: (any Error)? { thrown.withLock { $0 } }

    func onRefusal(of request: Request) { (responder as? any RefusalObserver)?.onRefusal(of: request) }

    func respond(to request: Request) async throws -> Response {
        do {
            return try await responder.respond(to: request)
        } catch {
            thrown.withLock { $0 = error }
            throw error
        }
    }
}
