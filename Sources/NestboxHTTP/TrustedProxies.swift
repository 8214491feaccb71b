/// The web servers and proxies whose `X-Forwarded-…` fields are believed.
///
/// Anyone can send these fields; they mean something only when the connection came from a proxy that sets them.
public struct TrustedProxies: Sendable {
    private let networks: [IPNetwork]
    private let unixSockets: Bool

    /// Nobody is trusted: the meta-variables of the web server alone count.
    public static let none = TrustedProxies(networks: [], unixSockets: false)

    private init(networks: [IPNetwork], unixSockets: Bool) {
        self.networks = networks
        self.unixSockets = unixSockets
    }

    /// Reads addresses and networks: `10.0.0.0/8`, `::1`, or `unix` for a web server that names no address.
    /// - Throws: ``InvalidAddressError`` naming the entry that is neither.
    public init(_ entries: [String]) throws(InvalidAddressError) {
        var networks: [IPNetwork] = []
        for entry in entries where entry != "unix" {
            networks.append(try IPNetwork(entry))
        }
        self.init(networks: networks, unixSockets: entries.contains("unix"))
    }

    /// Whether nobody is trusted.
    package var isEmpty: Bool { networks.isEmpty && !unixSockets }

    /// Whether the peer at this address is trusted.
    func contains(_ address: String?) -> Bool {
        if networks.isEmpty && !unixSockets { return false }
        guard let address else { return unixSockets }
        // Apache gives link-local addresses a zone. What is no address to us is nobody that we know.
        guard let address = IPAddress(address) else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// The client's address: the rightmost of `X-Forwarded-For` that is no trusted proxy.
    ///
    /// What is left of that is anybody's invention. Of 100 trusted proxies in a row the leftmost counts, and so it does
    /// in front of something that is no address.
    func client(peer: String?, forwardedFor: @autoclosure () -> String?) -> String? {
        guard contains(peer), let forwardedFor = forwardedFor() else { return peer }
        var client = peer
        var list = forwardedFor[...]
        for _ in 0..<100 {
            let hop = String(list.lastListElement.withoutPort)
            guard IPAddress(hop) != nil else { return client }
            client = hop
            guard contains(hop), let comma = list.utf8.lastIndex(of: UInt8(ascii: ",")) else { return client }
            list = list[..<comma]
        }
        return client
    }
}

extension Substring {
    /// What follows the last comma of a list: what the nearest proxy added, however long the list was before.
    var lastListElement: Substring {
        let start = utf8.lastIndex(of: UInt8(ascii: ",")).map { utf8.index(after: $0) } ?? startIndex
        return self[start...].trimmingOWS()
    }

    /// An address without the port that some proxies add: `192.0.2.1:5060`, `[2001:db8::1]:5060`.
    fileprivate var withoutPort: Substring {
        if first == "[" {
            guard let bracket = firstIndex(of: "]") else { return self }
            let rest = self[bracket...].dropFirst()
            guard rest.isEmpty || rest.first == ":" && rest.dropFirst().utf8.allSatisfy(\.isASCIIDigit) else {
                return self
            }
            return dropFirst()[..<bracket]
        }
        // An IPv6 address has more than one.
        guard let colon = firstIndex(of: ":"), self[colon...].dropFirst().utf8.allSatisfy(\.isASCIIDigit) else {
            return self
        }
        return self[..<colon]
    }

    func trimmingOWS() -> Substring {
        let start = utf8.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? endIndex
        let rest = self[start...]
        guard let last = rest.utf8.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return rest }
        return rest[...last]
    }
}
