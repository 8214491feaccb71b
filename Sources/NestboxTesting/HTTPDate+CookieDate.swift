import NestboxHTTP

extension HTTPDate {
    /// Reads the value of a cookie's `Expires` as clients do (RFC 6265 §5.1.1), or returns `nil`.
    ///
    /// A time, a day, a month and a year are looked for in any order, among anything else; the first of each counts.
    init?(cookieDate text: String) {
        var time: (hour: Int, minute: Int, second: Int)?
        var day: Int?
        var month: Int?
        var year: Int?
        for token in text.utf8.prefix(1024).split(whereSeparator: Self.isCookieDateDelimiter) {
            if time == nil, let found = Self.time(in: token) {
                time = found
            } else if day == nil, let found = Self.number(in: token, digits: 1...2) {
                day = found
            } else if month == nil, let found = Self.month(in: token) {
                month = found
            } else if year == nil, let found = Self.number(in: token, digits: 2...4) {
                year = found < 70 ? found + 2000 : found < 100 ? found + 1900 : found
            }
        }
        guard let time, let day, let month, let year, year >= 1601, time.second < 60 else { return nil }
        self.init(
            year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
    }

    private static func isCookieDateDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x20...0x2F, 0x3B...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// A number at the start of a token, when it has as many digits as allowed and no digit comes after it.
    private static func number(in token: some Collection<UInt8>, digits allowed: ClosedRange<Int>) -> Int? {
        let digits = token.prefix(while: \.isASCIIDigit)
        guard allowed.contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 & 0x0F) }
    }

    /// Three numbers with colons between them; only after the third one there may be more.
    private static func time(in token: Substring.UTF8View) -> (hour: Int, minute: Int, second: Int)? {
        let parts = token.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].allSatisfy(\.isASCIIDigit), parts[1].allSatisfy(\.isASCIIDigit),
            let hour = number(in: parts[0], digits: 1...2), let minute = number(in: parts[1], digits: 1...2),
            let second = number(in: parts[2], digits: 1...2)
        else { return nil }
        return (hour, minute, second)
    }

    private static func month(in token: some Sequence<UInt8>) -> Int? {
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        let start = String(decoding: Array(token.prefix(3)), as: UTF8.self).lowercased()
        return months.firstIndex(of: start).map { $0 + 1 }
    }
}
