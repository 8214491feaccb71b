import NestboxHTTP

/// Whose requests are counted together.
struct RateLimitKey: Sendable, Hashable {
    let bytes: [UInt8]

    /// A name that the application gives.
    init(_ name: String) { bytes = [1] + Array(name.utf8) }

    /// The client's address: an IPv4 address, or the network of 64 bits that an IPv6 address is in, as one client has all of it.
    ///
    /// Clients whose address is not known, or none, are one key.
    init(clientOf request: Request) {
        guard let address = request.remoteAddress.flatMap({ IPAddress($0.zoneless) }) else {
            bytes = [0]
            return
        }
        bytes = [address.bytes.count == 4 ? 4 : 6] + address.bytes.prefix(address.bytes.count == 4 ? 4 : 8)
    }
}

extension String {
    /// An address without its zone: `fe80::1` of `fe80::1%eth0`.
    fileprivate var zoneless: String {
        guard let percent = utf8.firstIndex(of: UInt8(ascii: "%")) else { return self }
        return String(self[..<percent])
    }
}
