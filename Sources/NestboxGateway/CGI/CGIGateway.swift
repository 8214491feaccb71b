import CNestboxSystem
import Glibc
public import Logging
public import NestboxHTTP

/// Answers the one request that a CGI program was started for (RFC 3875).
///
/// The request is the environment and standard input. Standard output belongs to the response alone: what a handler
/// prints goes to the standard error stream, which is the web server's error log. The program's arguments are never
/// looked at, as a URL can set them (RFC 3875 §4.4).
public struct CGIGateway {
    private let configuration: GatewayConfiguration
    private let responder: any Responder
    private let errors: ErrorResponses
    private let logger: Logger
    private let accessLog: AccessLog

    /// Creates a gateway.
    public init(
        configuration: GatewayConfiguration, responder: any Responder, errors: ErrorResponses = .negotiated,
        logger: Logger,
        accessLog: AccessLog? = nil
    ) {
        self.configuration = configuration
        self.responder = responder
        self.errors = errors
        self.logger = logger
        self.accessLog = accessLog ?? AccessLog(logger)
    }

    /// Answers the request, on the calling thread.
    ///
    /// `HTTP_PROXY` is taken out of the environment, so that programs which a handler starts do not use a proxy that a
    /// client named.
    /// - Returns: The exit status: 0 when there was a response, also one that says 500; 1 when it was cut short.
    public func run() -> Int32 {
        let started = nestbox_now()
        let output = CGIOutput.takeOver()
        let variables = CGIVariables(environment: nestbox_environment())
        unsetenv("HTTP_PROXY")
        let thread = CGIExecutor()
        let head = RequestHead(
            variables: variables,
            settings: RequestSettings(configuration, isCGI: true, logger: logger, executor: thread))
        let input = CGIInput(length: head.contentLength, limit: head.bodyLimit)
        let body = RequestBody(source: input, length: head.contentLength, limit: head.bodyLimit)
        let request = Request(head: head, body: head.contentLength == 0 ? .empty : body)

        let (responder, errors) = (responder, errors)
        let (limit, linger) = (configuration.limits.drainedBody, configuration.timeouts.linger)
        let result = thread.run {
            let response = await errors.respond(to: request, with: responder)
            // A stream may still be made of the body.
            let isStream = response.body.isStream
            if !isStream { input.drain(upTo: limit, until: linger.fromNow) }
            let result = await output.send(response, to: request, errors: errors, on: thread)
            if isStream { input.drain(upTo: limit, until: linger.fromNow) }
            if let afterwards = response.afterwards {
                // The web server waits for the end of the output.
                output.close()
                await afterwards()
            }
            return result
        }
        if accessLog.isEnabled {
            accessLog.record(head, status: result.status, bytes: result.bytes, nanoseconds: nestbox_now() - started)
        }
        accessLog.flush()
        return result.isComplete ? 0 : 1
    }
}
