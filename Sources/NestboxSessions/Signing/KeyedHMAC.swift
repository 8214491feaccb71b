import Crypto

/// HMAC (RFC 2104) with a key that is prepared once and used often.
///
/// Preparing costs two blocks of the hash and several allocations, which a copy of the prepared state does not.
struct KeyedHMAC: Sendable {
    private enum State {
        case sha1(HMAC<Insecure.SHA1>)
        case sha256(HMAC<SHA256>)
        case sha512(HMAC<SHA512>)
    }

    private let state: State

    /// Prepares a key of any length.
    init(_ digest: ItsDangerousSigner.Digest, key: [UInt8]) {
        let key = SymmetricKey(data: key)
        state =
            switch digest {
            case .sha1: .sha1(HMAC(key: key))
            case .sha256: .sha256(HMAC(key: key))
            case .sha512: .sha512(HMAC(key: key))
            }
    }

    /// The code of a message.
    func code(for message: ArraySlice<UInt8>) -> [UInt8] {
        switch state {
        case .sha1(let mac): Self.code(mac, message)
        case .sha256(let mac): Self.code(mac, message)
        case .sha512(let mac): Self.code(mac, message)
        }
    }

    private static func code<Hash: HashFunction>(_ prepared: HMAC<Hash>, _ message: ArraySlice<UInt8>) -> [UInt8] {
        var mac = prepared
        mac.update(data: message)
        return Array(mac.finalize())
    }
}

extension KeyedHMAC: CustomStringConvertible, CustomReflectable {
    /// Nothing of the key.
    var description: String { "KeyedHMAC" }
    /// Nothing of the key.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Comparison that tells by its time nothing about where bytes differ.
enum ConstantTime {
    /// Whether the bytes are the same; only their number shows in the time it takes.
    static func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(one, other) { difference |= left ^ right }
        return difference == 0
    }
}
