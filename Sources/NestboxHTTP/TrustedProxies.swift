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

    /// Whether the peer at this address is trusted.
    func contains(_ address: String?) -> Bool {
        if networks.isEmpty && !unixSockets { return false }
        guard let address, let address = IPAddress(address) else { return unixSockets }
        return networks.contains { $0.contains(address) }
    }

    /// The client's address: the rightmost of `X-Forwarded-For` that is no trusted proxy.
    func client(peer: String?, forwardedFor: String?) -> String? {
        guard contains(peer), let forwardedFor else { return peer }
        for hop in forwardedFor.split(separator: ",", maxSplits: 100).reversed() {
            let hop = String(hop.trimmingOWS())
            guard IPAddress(hop) != nil else { return peer }
            if !contains(hop) { return hop }
        }
        return peer
    }
}

extension Substring {
    func trimmingOWS() -> Substring {
        let start = utf8.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? endIndex
        let rest = self[start...]
        guard let last = rest.utf8.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return rest }
        return rest[...last]
    }
}
