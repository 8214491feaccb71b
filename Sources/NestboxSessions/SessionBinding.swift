import Crypto
import HTTPTypes
import NestboxHTTP

/// What a session is bound to, and what happens when it comes from elsewhere.
///
/// Off by default: visitors change networks, and browsers their name with every update.
public struct SessionBinding: Sendable, Hashable {
    /// What is compared with the request that began the session.
    public enum Subject: String, Sendable, CaseIterable {
        /// Nothing.
        case none
        /// The `User-Agent` field; a request without one always fits.
        case userAgent = "ua"
        /// The network: 24 bits of an IPv4 address, 48 of an IPv6 address.
        case addressPrefix = "ip_prefix"
    }

    /// What is done when it differs.
    public enum Action: String, Sendable, CaseIterable {
        /// A line in the log.
        case log
        /// That, and a new id.
        case rotate
        /// That, and the session ends.
        case destroy
    }

    /// What is compared; default: nothing.
    public var subject = Subject.none
    /// What is done when it differs; default: a line in the log.
    public var action = Action.log

    /// Creates the default, which binds nothing.
    public init() {}

    /// A digest of what the session is bound to, or `nil` when the request does not tell.
    func digest(of request: Request) -> String? {
        let text: String?
        switch subject {
        case .none: return nil
        case .userAgent: text = request.headers[.userAgent]
        case .addressPrefix:
            text = request.remoteAddress.flatMap { IPAddress($0) }.map {
                "\($0.bytes.prefix($0.bytes.count == 4 ? 3 : 6))"
            }
        }
        return text.map { Hexadecimal.encode(SHA256.hash(data: Array($0.utf8)).prefix(8)) }
    }
}
