import FoundationEssentials

/// Foundation's types whose own decoding is for formats with numbers and nested values.
extension FormValues {
    /// A URL, a decimal number or a date; `nil` for another type.
    func foundationValue<Value>(_ type: Value.Type) throws(FieldError) -> Value? {
        switch type {
        case is URL.Type: try url() as? Value
        case is Decimal.Type: try decimal() as? Value
        case is Date.Type: try date() as? Value
        default: nil
        }
    }

    private func url() throws(FieldError) -> URL {
        let text = try text()
        guard let url = URL(string: text) else {
            throw error(text.isEmpty ? "is empty." : "\(Self.quoted(text)) is not a URL.")
        }
        return url
    }

    /// Digits with a sign and a point; all of them count, as in amounts of money.
    private func decimal() throws(FieldError) -> Decimal {
        let text = try text()
        let unsigned = text.utf8.first.map { "+-".utf8.contains($0) } == true ? text.utf8.dropFirst() : text.utf8[...]
        let parts = unsigned.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit) else {
            throw error("\(Self.quoted(text)) is not a number.")
        }
        guard digits.count <= 38, let number = Decimal(string: text) else { throw error("has more than 38 digits.") }
        return number
    }

    /// A day as `<input type="date">` sends it, at its beginning in UTC.
    private func date() throws(FieldError) -> Date {
        let text = try text()
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let isDay = parts.map(\.count) == [4, 2, 2] && parts.joined().allSatisfy(\.isASCIIDigit)
        let numbers = isDay ? parts.compactMap { Int64(Substring($0)) } : []
        guard numbers.count == 3, numbers[0] >= 1, (1...12).contains(numbers[1]), numbers[2] >= 1,
            numbers[2] <= CivilDate.length(ofMonth: numbers[1], year: numbers[0])
        else { throw error("\(Self.quoted(text)) is not a date such as 2026-05-31.") }
        let day = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
        return Date(timeIntervalSince1970: Double(day.daysSince1970) * 86_400)
    }
}
