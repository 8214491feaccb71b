/// The hosts that an application answers for.
///
/// The host of a request is what its client says. Where nothing checks it, a stranger decides where the links in a page
/// or a mail lead; so name the hosts wherever absolute URLs are made, unless the web server's default server takes all
/// others.
public struct AllowedHosts: Sendable, Hashable {
    /// `nil` allows all.
    private let entries: Entries?

    private struct Entries: Hashable {
        var names: Set<String> = []
        /// These and all below them.
        var domains: Set<String> = []
        var addresses: Set<IPAddress> = []
    }

    /// Every host that is well-formed.
    public static let any = AllowedHosts(entries: nil)

    private init(entries: Entries?) {
        self.entries = entries
    }

    /// Reads names and addresses: `example.org`, `.example.org` for it and all names below it, `192.0.2.1`, `::1`.
    ///
    /// They stand without a port, and allow every port; upper and lower case are the same, and so is a dot at the end.
    /// - Throws: ``InvalidHostError`` naming the entry that is none of these, or `""` when there are none.
    public init(_ hosts: [String]) throws(InvalidHostError) {
        guard !hosts.isEmpty else { throw InvalidHostError(text: "") }
        var entries = Entries()
        for text in hosts {
            let isDomain = text.hasPrefix(".")
            let name = isDomain ? String(text.dropFirst()) : text
            if !isDomain, let address = IPAddress(text) {
                entries.addresses.insert(address)
                continue
            }
            guard let authority = Authority(Array(name.utf8)[...]), authority.port == nil, !name.hasSuffix(":") else {
                throw InvalidHostError(text: text)
            }
            if let address = authority.address {
                guard !isDomain else { throw InvalidHostError(text: text) }
                entries.addresses.insert(address)
            } else if isDomain {
                entries.domains.insert(authority.name)
            } else {
                entries.names.insert(authority.name)
            }
        }
        self.entries = entries
    }

    /// Whether every host is allowed.
    var allowsAll: Bool { entries == nil }

    func contains(_ authority: Authority) -> Bool {
        guard let entries else { return true }
        if let address = authority.address { return entries.addresses.contains(address) }
        let name = authority.name
        if entries.names.contains(name) { return true }
        guard !entries.domains.isEmpty else { return false }
        var rest = name[...]
        while !entries.domains.contains(String(rest)) {
            guard let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) else { return false }
            rest = rest[rest.utf8.index(after: dot)...]
        }
        return true
    }
}

extension Authority {
    /// The host without a dot at its end.
    fileprivate var name: String { host.hasSuffix(".") ? String(host.dropLast()) : host }

    /// The host as an address, if it is one.
    fileprivate var address: IPAddress? {
        IPAddress(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host)
    }
}

/// A text that is no host name or address.
public struct InvalidHostError: Error, Sendable, CustomStringConvertible {
    /// The text.
    public var text: String
    /// What is wrong.
    public var description: String {
        "'\(text)' is no host such as example.org, .example.org (with all below it), 192.0.2.1 or ::1; ports do not count"
    }
}
