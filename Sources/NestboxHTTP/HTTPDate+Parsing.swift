extension HTTPDate {
    /// Reads any of the three date formats of RFC 9110 §5.6.7, or returns `nil`.
    ///
    /// The formats are IMF-fixdate (`Sun, 06 Nov 1994 08:49:37 GMT`), RFC 850 (`Sunday, 06-Nov-94 08:49:37 GMT`) and
    /// asctime (`Sun Nov  6 08:49:37 1994`). Names are case-sensitive, the date must exist, and a day name that does
    /// not belong to the date is let pass. A year of two digits that would be more than 50 years ahead of `now` is in
    /// the past.
    public init?(parsing text: some StringProtocol, now: HTTPDate = .now) {
        var fields = DateFields(text.utf8)
        self.init(fields: &fields, now: now)
    }

    private init?(fields: inout DateFields, now: HTTPDate) {
        guard let weekday = fields.word() else { return nil }
        let isShort = Self.weekdays.contains { $0.prefix(3) == weekday }
        if isShort, fields.skip(", ") {
            self.init(imf: &fields)
        } else if isShort, fields.skip(" ") {
            self.init(asctime: &fields)
        } else if Self.weekdays.contains(weekday), fields.skip(", ") {
            self.init(rfc850: &fields, now: now)
        } else {
            return nil
        }
    }

    private init?(imf fields: inout DateFields) {
        guard let day = fields.number(2), fields.skip(" "), let month = fields.month(), fields.skip(" "),
            let year = fields.number(4), fields.skip(" "), let time = fields.time(), fields.skip(" GMT"), fields.isAtEnd
        else { return nil }
        self.init(
            year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
    }

    private init?(rfc850 fields: inout DateFields, now: HTTPDate) {
        guard let day = fields.number(2), fields.skip("-"), let month = fields.month(), fields.skip("-"),
            let shortYear = fields.number(2), fields.skip(" "), let time = fields.time(), fields.skip(" GMT"),
            fields.isAtEnd
        else { return nil }
        // The latest year with these two digits that is not more than 50 years ahead.
        let latest = now.year + 50
        let year = latest - (latest - shortYear) % 100
        self.init(
            year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
    }

    private init?(asctime fields: inout DateFields) {
        guard let month = fields.month(), fields.skip(" ") else { return nil }
        let day = fields.skip(" ") ? fields.number(1) : fields.number(2)
        guard let day, fields.skip(" "), let time = fields.time(), fields.skip(" "), let year = fields.number(4),
            fields.isAtEnd
        else { return nil }
        self.init(
            year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
    }
}

/// Reads the parts of a date one after the other; nothing longer than a date is copied.
private struct DateFields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) {
        // The longest date, "Wednesday, 09-Nov-94 08:49:37 GMT", has 33 bytes.
        rest = Array(bytes.prefix(40))[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { expected in
            guard rest.starts(with: expected) else { return false }
            rest = rest.dropFirst(expected.count)
            return true
        }
    }

    /// The letters up to the next other byte, of which there must be one or more.
    mutating func word() -> String? {
        let letters = rest.prefix { $0.isASCIIAlphanumeric && !$0.isASCIIDigit }
        rest = rest.dropFirst(letters.count)
        return letters.isEmpty ? nil : String(decoding: letters, as: UTF8.self)
    }

    mutating func month() -> Int? {
        word().flatMap { HTTPDate.months.firstIndex(of: $0) }.map { $0 + 1 }
    }

    /// A number of exactly so many digits, at most four.
    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy(\.isASCIIDigit) else { return nil }
        rest = rest.dropFirst(width)
        return digits.reduce(0) { $0 * 10 + Int($1 & 0x0F) }
    }

    mutating func time() -> (hour: Int, minute: Int, second: Int)? {
        guard let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2) else {
            return nil
        }
        return (hour, minute, second)
    }
}
