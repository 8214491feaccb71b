import Synchronization

/// The name of a request in the log.
package struct RequestID: Sendable, CustomStringConvertible {
    private let number: UInt64
    private let given: String?

    /// Takes the web server's name for the request when it is short and harmless, else makes one.
    package init(given: String?) {
        let isUsable = given.map { $0.utf8.count <= 64 && $0.utf8.allSatisfy(Self.isHarmless) } ?? false
        self.given = isUsable ? given : nil
        number = isUsable ? 0 : Self.next()
    }

    package var description: String {
        if let given { return given }
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// A random start and a bijective mix of a counter: distinct within a process without a system call per request.
    private static func next() -> UInt64 {
        var mixed = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    private static let counter = Atomic<UInt64>(UInt64.random(in: .min ... .max))
}
