/// Why a token was refused.
public enum ItsDangerousError: Error, Sendable, Hashable, CustomStringConvertible {
    /// None of the keys has signed it, or what is signed has no timestamp where one belongs.
    case badSignature
    /// It is signed, and too old or from the future.
    case expired
    /// It is signed, and what is in it cannot be read: no base64, damaged zlib data, or more than the limit.
    case badPayload

    /// The reason, without anything of the token.
    public var description: String {
        switch self {
        case .badSignature: "the signature does not match"
        case .expired: "the signature has expired"
        case .badPayload: "the signed payload cannot be read"
        }
    }
}
