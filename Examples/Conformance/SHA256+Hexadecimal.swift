import Crypto

extension SHA256 {
    /// The digest of some bytes in hexadecimal digits.
    static func hexadecimal(of bytes: [UInt8]) -> String { hash(data: bytes).hexadecimal }
}

extension SHA256Digest {
    /// The digest in hexadecimal digits.
    var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
