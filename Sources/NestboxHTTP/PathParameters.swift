import HTTPTypes

/// What a route's pattern took from the path: `/birds/{name}` gives `name`.
///
/// Values are percent-decoded once and may hold a `/` that the client sent as `%2F`.
public struct PathParameters: Sendable {
    /// One parameter.
    public struct Element: Sendable, Hashable {
        /// The name in the pattern.
        public var name: String
        /// The decoded text of the path.
        public var value: String
    }

    private var elements: [Element] = []

    /// Creates no parameters.
    public init() {}

    package mutating func append(name: String, value: String) {
        elements.append(Element(name: name, value: value))
    }

    /// The value of a parameter, or `nil` when the route has none of that name.
    public func get(_ name: String) -> String? {
        elements.first { $0.name == name }?.value
    }

    /// The value of a parameter, converted, or `nil` when it is missing or no such value.
    public func get<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) -> Value? {
        get(name).flatMap(type.init)
    }

    /// The value of a parameter.
    /// - Throws: ``MissingParameterError``, which is a mistake of the program: a 500.
    public func require(_ name: String) throws -> String {
        guard let value = get(name) else { throw MissingParameterError(name: name) }
        return value
    }

    /// The value of a parameter, converted: `require("id", as: Int.self)`.
    /// - Throws: ``HTTPError`` 404 when it is no such value: there is no resource of that name.
    public func require<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) throws -> Value {
        guard let value = type.init(try require(name)) else { throw HTTPError(.notFound) }
        return value
    }
}

extension PathParameters: RandomAccessCollection {
    /// The position of the first parameter.
    public var startIndex: Int { elements.startIndex }
    /// The position behind the last parameter.
    public var endIndex: Int { elements.endIndex }
    /// The parameter at a position, from left to right.
    public subscript(position: Int) -> Element { elements[position] }
}

/// A parameter was asked for that the route's pattern does not have.
public struct MissingParameterError: Error, Sendable, CustomStringConvertible {
    /// The name that was asked for.
    public var name: String
    /// What is wrong.
    public var description: String { "the route has no parameter '\(name)'" }
}
