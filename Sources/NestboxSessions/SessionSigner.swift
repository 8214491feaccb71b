/// Makes tokens that no one else can make.
public protocol SessionSigner: Sendable {
    /// Makes a token of a payload.
    /// - Parameters:
    ///   - payload: The bytes of the session.
    ///   - time: When the token is made, in seconds since 1970; the token tells it.
    func sign(_ payload: [UInt8], at time: Int64) throws(SessionStoreError) -> String

    /// The payload of a token and when it was made, or `nil` for every token that this signer has not made.
    ///
    /// It takes as long for a wrong signature as for a right one.
    func verify(_ token: String) -> (payload: [UInt8], time: Int64)?
}
