package import Logging
package import NestboxHTTP

extension RequestSettings {
    /// What of a gateway's configuration concerns requests.
    package convenience init(
        _ configuration: GatewayConfiguration, isCGI: Bool, logger: Logger, executor: (any TaskExecutor)? = nil
    ) {
        self.init(
            basePath: configuration.basePath, isCGI: isCGI, trustedProxies: configuration.trustedProxies,
            allowedHosts: configuration.allowedHosts, bodyLimit: configuration.limits.body,
            largestBody: configuration.limits.largestBody, headerLimit: configuration.limits.headers,
            cookieLimit: configuration.limits.cookies, fileHandOff: configuration.fileHandOff,
            formLimits: configuration.forms, logger: logger, executor: executor)
    }
}
