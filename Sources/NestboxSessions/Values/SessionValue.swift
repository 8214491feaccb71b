/// A value in a session: what JSON can say.
///
///     session["cart"] = ["book", 2, true]
///
/// Numbers without a fraction are integers of 64 bits, others are finite doubles. `.int(1)` and `.double(1)` are different
/// values, and each is stored as what it is; ``decode(as:)`` makes an `Int` or a `Double` of either.
public enum SessionValue: Sendable, Hashable {
    /// Nothing, which is not the same as no value.
    case null
    /// True or false.
    case bool(Bool)
    /// A number without fraction and exponent.
    case int(Int64)
    /// Any other number; infinities and NaN are refused when the session is written.
    case double(Double)
    /// A text.
    case string(String)
    /// Values in order.
    case array([SessionValue])
    /// Values by name; the order of names is not kept.
    case object([String: SessionValue])
}

extension SessionValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Creates ``null``.
    public init(nilLiteral: ()) { self = .null }
    /// Creates a ``bool(_:)``.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Creates an ``int(_:)``.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// Creates a ``double(_:)``.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// Creates a ``string(_:)``.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Creates an ``array(_:)``.
    public init(arrayLiteral elements: SessionValue...) { self = .array(elements) }
    /// Creates an ``object(_:)``; of two values with one name the later counts.
    public init(dictionaryLiteral elements: (String, SessionValue)...) { self = .object(Dictionary(elements) { $1 }) }
}

extension SessionValue: CustomStringConvertible {
    /// The kind of the value: what it holds belongs in no log.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool: "a Bool"
        case .int: "an integer"
        case .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
