public import NestboxSessions

/// What may be expected of whoever makes bytes of sessions, as checks for any ``SessionSerializer``.
///
///     @Test("keeps the contract", arguments: SessionSerializerContract.checks)
///     func contract(check: SessionSerializerContract.Check) throws {
///         try check.run(JSONSessionSerializer())
///     }
public enum SessionSerializerContract {
    /// One expectation.
    public struct Check: Sendable, CustomStringConvertible {
        /// The expectation in a sentence.
        public let description: String
        private let body: @Sendable (any SessionSerializer) throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (any SessionSerializer) throws -> Void) {
            self.description = description
            self.body = body
        }

        /// Holds a serializer to the expectation.
        /// - Throws: ``SessionStoreContract/Violation``, or what the serializer throws.
        public func run(_ serializer: any SessionSerializer) throws { try body(serializer) }
    }

    /// Values of every kind, at their limits.
    static let values: [SessionValue] = [
        nil, true, false, 0, -1, .int(.min), .int(.max), 0.5, -1.25e300, .double(.leastNonzeroMagnitude), "", "text",
        "ü✨漢字😀", "\u{0}\u{1F}\"\\/\r\n\u{2028}", [], [1, [2, [3]], "x"], [:], ["a": ["b": [nil, true]]],
    ]

    /// All checks.
    public static let checks: [Check] = [
        Check("what was made bytes of comes back as it was") { serializer in
            for value in values {
                let object: [String: SessionValue] = ["value": value, "other": "kept"]
                let bytes = try serializer.serialize(object)
                try SessionStoreContract.expect(
                    serializer.deserialize(bytes[...]) == object, "\(value) came back otherwise")
            }
        },
        Check("names may be any text of 1,024 bytes") { serializer in
            for name in ["", " ", "_c", "a.b", "ü", "\u{0}", String(repeating: "n", count: 1024)] {
                let object: [String: SessionValue] = [name: 1]
                let bytes = try serializer.serialize(object)
                try SessionStoreContract.expect(
                    serializer.deserialize(bytes[...]) == object, "a name of \(name.utf8.count) bytes was lost")
            }
        },
        Check("an empty object is an object") { serializer in
            let bytes = try serializer.serialize([:])
            try SessionStoreContract.expect(
                serializer.deserialize(bytes[...]) == [:], "an empty object came back otherwise")
        },
        Check("the part of an array that it is given counts") { serializer in
            let bytes = try serializer.serialize(["a": 1])
            let framed = [0xFF] + bytes + [0xFF]
            try SessionStoreContract.expect(
                serializer.deserialize(framed[1..<(1 + bytes.count)]) == ["a": 1], "a slice was read otherwise")
        },
        Check("numbers that are not finite are refused, and so is what nests for ever") { serializer in
            var deep = SessionValue.array([])
            for _ in 0..<10_000 { deep = [deep] }
            for value in [.double(.infinity), .double(-.infinity), .double(.nan), deep] as [SessionValue] {
                do throws(SessionStoreError) {
                    _ = try serializer.serialize(["a": value])
                } catch {
                    try SessionStoreContract.expect(error.code == .invalidValue, "\(error)")
                    continue
                }
                throw SessionStoreContract.Violation(description: "\(value) was taken")
            }
        },
        Check("bytes that are none of its own are nil, and never the end of the program") { serializer in
            let bytes = try serializer.serialize(["a": [1, "two", nil], "b": ["c": 0.5]])
            for count in 0..<bytes.count {
                try SessionStoreContract.expect(
                    serializer.deserialize(bytes[..<count]) == nil, "\(count) of \(bytes.count) bytes were read")
            }
            for index in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[index] ^= 1 << UInt8(bit)
                    _ = serializer.deserialize(changed[...])
                }
            }
            let empty: [UInt8] = []
            try SessionStoreContract.expect(serializer.deserialize(empty[...]) == nil, "nothing was read as something")
        },
    ]
}
