import FoundationEssentials
import HTTPTypes

/// A body of JSON, of which values are made.
struct JSONBody {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Throws: ``FieldError`` for a value that is missing or does not fit, ``HTTPError`` 400 for what is not JSON.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let data = Data(bytes)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            switch error {
            case .keyNotFound(let key, let context):
                throw Self.error(at: context.codingPath + [key], "is missing.")
            case .typeMismatch(let expected, let context):
                throw Self.error(at: context.codingPath, "must be \(Self.name(of: expected)).")
            case .valueNotFound(_, let context):
                throw Self.error(at: context.codingPath, "is null.")
            case .dataCorrupted(let context) where !context.codingPath.isEmpty:
                throw Self.error(at: context.codingPath, "has a value that is not allowed.")
            default:
                throw malformed ?? Self.misfit(type, data)
            }
        }
    }

    /// Says where the body is not JSON; `nil` when it is.
    private var malformed: HTTPError? {
        if let place = JSONSyntax.firstFault(in: bytes) {
            return HTTPError(
                .badRequest, "The body is not valid JSON: see line \(place.line), column \(place.column).")
        }
        return String(validating: bytes, as: UTF8.self) == nil ? HTTPError(.badRequest, "The body is not UTF-8.") : nil
    }

    /// Says which field has a value that does not fit.
    private static func misfit<Value: Decodable>(_ type: Value.Type, _ data: Data) -> any Error {
        do {
            _ = try JSONDecoder().decode(JSONFieldFinder<Value>.self, from: data)
        } catch let error as FieldError {
            return error
        } catch let error as HTTPError {
            return error
        } catch {
        }
        return HTTPError(.unprocessableContent, "The body has a value that does not fit.")
    }

    static func error(at path: [any CodingKey], _ message: String) -> any Error {
        guard !path.isEmpty else { return HTTPError(.unprocessableContent, "The body \(message)") }
        let field = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return FieldError(field, message)
    }

    /// What a type is in JSON.
    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "of another type"
        }
    }
}
