extension JSONReader {
    /// Powers of ten that a double has exactly.
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]

    /// Reads a number: an integer when it has neither fraction nor exponent and 64 bits suffice, otherwise a double.
    mutating func number() throws(Malformed) -> SessionValue {
        let start = position
        var digits = Digits()
        let isNegative = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try read(&digits) }
        var isInteger = true
        var exponent = 0
        if take(UInt8(ascii: ".")) {
            isInteger = false
            let point = position
            try read(&digits)
            exponent -= position - point
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            exponent += try readExponent()
        }
        if isInteger {
            if let integer = digits.integer(isNegative: isNegative) { return .int(integer) }
            guard !refusesLargeIntegers else { throw Malformed() }
        }
        if let magnitude = digits.exact, let power = Self.power(exponent) {
            let value = exponent < 0 ? magnitude / power : magnitude * power
            return .double(isNegative ? -value : value)
        }
        guard let text = try? UTF8Span(validating: bytes.span.extracting(start..<position)),
            let value = Double(String(copying: text)), value.isFinite
        else { throw Malformed() }
        return .double(value)
    }

    private static func power(_ exponent: Int) -> Double? {
        let exponent = abs(exponent)
        return exponent < powers.count ? powers[exponent] : nil
    }

    /// Reads one digit or more.
    @inline(__always)
    private mutating func read(_ digits: inout Digits) throws(Malformed) {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { throw Malformed() }
        while UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
            digits.append(byte - UInt8(ascii: "0"))
            position += 1
        }
    }

    /// Reads an exponent, which stops counting long after the range of doubles.
    private mutating func readExponent() throws(Malformed) -> Int {
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative || byte == UInt8(ascii: "+") { position += 1 }
        var digits = Digits()
        try read(&digits)
        let exponent = digits.integer(isNegative: false).map { Int(min($0, 1_000_000)) } ?? 1_000_000
        return isNegative ? -exponent : exponent
    }
}

/// The digits of a number as an integer, as long as 64 bits suffice.
private struct Digits {
    private var value: UInt64 = 0
    private var isTooLarge = false

    @inline(__always)
    mutating func append(_ digit: UInt8) {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        value = sum
        isTooLarge = isTooLarge || overflow || carry
    }

    func integer(isNegative: Bool) -> Int64? {
        guard !isTooLarge else { return nil }
        guard isNegative else { return Int64(exactly: value) }
        guard value <= Int64.min.magnitude else { return nil }
        return Int64(truncatingIfNeeded: 0 &- value)
    }

    /// The digits as a double, if it has them exactly.
    var exact: Double? { !isTooLarge && value <= 1 << 53 ? Double(value) : nil }
}
