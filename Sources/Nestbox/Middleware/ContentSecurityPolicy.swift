/// What a page may load, run and do, for the header field `Content-Security-Policy` (CSP Level 3).
///
///     var policy = ContentSecurityPolicy.standard
///     policy["img-src"] = "'self' https://pictures.example.org"
///     policy["upgrade-insecure-requests"] = ""
///
/// Scripts and styles inside of a page run with the request's nonce: `<script nonce="\(request.cspNonce)">`.
public struct ContentSecurityPolicy: Sendable, Hashable, CustomStringConvertible {
    private var directives: [Directive] = []

    private struct Directive: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// Creates a policy that allows everything.
    public init() {}

    /// Everything from the application's own origin and nothing from elsewhere, no inline scripts or styles, no frames around
    /// it, no plug-ins, forms to itself only; images also as `data:`.
    public static let standard: ContentSecurityPolicy = {
        var policy = ContentSecurityPolicy()
        policy["default-src"] = "'self'"
        policy["img-src"] = "'self' data:"
        policy["object-src"] = "'none'"
        policy["base-uri"] = "'self'"
        policy["form-action"] = "'self'"
        policy["frame-ancestors"] = "'none'"
        return policy
    }()

    /// The sources of a directive such as `script-src`; `nil` when the policy has none of that name, `""` for one without a value.
    ///
    /// A `;` or `,` in a value, which would end the directive, and control characters become spaces.
    public subscript(name: String) -> String? {
        get { directives.first { $0.name == name }?.value }
        set {
            let value = newValue.map { value in
                String(decoding: value.utf8.map { $0 < 0x20 || $0 == 0x3B || $0 == 0x2C ? 0x20 : $0 }, as: UTF8.self)
            }
            guard let index = directives.firstIndex(where: { $0.name == name }) else {
                if let value { directives.append(Directive(name: name, value: value)) }
                return
            }
            if let value { directives[index].value = value } else { directives.remove(at: index) }
        }
    }

    /// The value of the header field.
    public var description: String {
        directives.map { $0.value.isEmpty ? $0.name : "\($0.name) \($0.value)" }.joined(separator: "; ")
    }

    /// The policy for a page whose inline scripts and styles have a nonce.
    ///
    /// A directive for scripts or styles that is not there has the value of `default-src`; where neither is, everything is allowed. A
    /// directive with `'unsafe-inline'`, which a nonce would switch off (CSP Level 3 §6.7.3.2), stays as it is.
    func allowing(nonce: String) -> ContentSecurityPolicy {
        var policy = self
        for name in ["script-src", "style-src"] {
            guard let sources = self[name] ?? self["default-src"],
                !sources.split(separator: " ").contains(where: { $0.lowercased() == "'unsafe-inline'" })
            else { continue }
            // 'none' means something only when it stands alone.
            policy[name] = (sources == "'none'" ? "" : sources + " ") + "'nonce-\(nonce)'"
        }
        return policy
    }
}
