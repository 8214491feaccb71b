/// A query or form that is above the limits of its parser.
public struct URLEncodedFormError: Error, Sendable, Hashable {
    /// Which limit was passed.
    public let code: Code
    /// The limit that was passed, in bytes or pairs.
    public let limit: Int

    /// Which limit a query or form passed.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        /// More bytes than ``URLEncodedForm/Limits/maximumLength``.
        public static let tooLong = Code(description: "tooLong")
        /// More pairs than ``URLEncodedForm/Limits/maximumPairs``.
        public static let tooManyPairs = Code(description: "tooManyPairs")
    }
}

extension URLEncodedFormError: CustomStringConvertible {
    /// Says which limit was passed and how large it is; nothing of the input is in it.
    public var description: String {
        switch code {
        case .tooManyPairs: "query or form with more than \(limit) pairs"
        default: "query or form of more than \(limit) bytes"
        }
    }
}
