/// A parser that is given any bytes.
///
/// Besides not crashing it has to keep its promises, such as that encoding and decoding give back what there was.
/// `Fuzzing/` has libFuzzer call it; the tests call it with every file of `Fuzzing/Corpus`.
public struct FuzzTarget: Sendable, CustomStringConvertible {
    /// The name, which is also that of the folder with its corpus.
    public let name: String
    private let check: @Sendable ([UInt8]) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.name = name
        self.check = check
    }

    /// The name.
    public var description: String { name }

    /// All targets.
    public static let all: [FuzzTarget] = [
        .percentEncoding, .query, .cookie, .request, .response, .forwarded, .date, .fastCGI, .json, .encryptedToken,
        .signedToken, .sessionFile, .multipart, .form, .range, .entityTag, .filePath, .host, .accept,
    ]

    /// Parses one input.
    /// - Throws: ``Violation`` when a promise is broken.
    public func run(_ input: [UInt8]) async throws {
        try await check(input)
    }
}

/// A promise that did not hold for an input.
public struct Violation: Error, CustomStringConvertible {
    /// Which one.
    public let description: String
}

/// Throws a ``Violation`` unless the condition holds.
func expect(_ holds: Bool, _ promise: @autoclosure () -> String) throws {
    if !holds { throw Violation(description: promise()) }
}
