#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A moment with the resolution of HTTP's dates: whole seconds.
///
/// Every `Int64` is a value; only formatting has a range, see ``description``.
public struct HTTPDate: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds; negative before.
    public let unixSeconds: Int64

    /// Makes the moment so many seconds after, or before, 1970-01-01T00:00:00Z.
    public init(unixSeconds: Int64) {
        self.unixSeconds = unixSeconds
    }

    /// The system's clock, cut to whole seconds.
    public static var now: HTTPDate { HTTPDate(unixSeconds: Int64(time(nil))) }

    /// The moment `seconds` later, or earlier if negative; at the ends of `Int64` it stops.
    public func advanced(bySeconds seconds: Int64) -> HTTPDate {
        let (sum, overflow) = unixSeconds.addingReportingOverflow(seconds)
        return HTTPDate(unixSeconds: overflow ? (seconds < 0 ? .min : .max) : sum)
    }
}

extension HTTPDate: Comparable {
    /// Whether the left moment is the earlier one.
    public static func < (left: HTTPDate, right: HTTPDate) -> Bool { left.unixSeconds < right.unixSeconds }
}

extension HTTPDate: CustomStringConvertible {
    /// The first second that a date with a year of four digits can name: 0000-01-01T00:00:00Z.
    static let earliestFormatted: Int64 = -62_167_219_200
    /// The last such second: 9999-12-31T23:59:59Z.
    static let latestFormatted: Int64 = 253_402_300_799

    /// The date as IMF-fixdate (RFC 9110 §5.6.7), such as `Sat, 29 Feb 2020 23:59:59 GMT`.
    ///
    /// Moments outside of the years 0 to 9999 are written as the first or last moment inside.
    public var description: String {
        let seconds = min(max(unixSeconds, Self.earliestFormatted), Self.latestFormatted)
        let secondOfDay = seconds.flooredRemainder(by: 86_400)
        let day = (seconds - secondOfDay) / 86_400
        let date = CivilDate(daysSince1970: day)
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[Int((day + 4).flooredRemainder(by: 7))]
        let month = Self.months[Int(date.month - 1)]
        let clock = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60]
        let time = clock.map { $0.padded(to: 2) }.joined(separator: ":")
        return "\(weekday.prefix(3)), \(date.day.padded(to: 2)) \(month) \(date.year.padded(to: 4)) \(time) GMT"
    }

    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

extension HTTPDate {
    /// The moment that a calendar date and a time of day in UTC name, or `nil` if there is none such.
    ///
    /// Years 0 to 9999; second 60, a leap second, counts as the second after 59.
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second),
            day >= 1, day <= CivilDate.length(ofMonth: Int64(month), year: Int64(year))
        else { return nil }
        let days = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day)).daysSince1970
        self.init(unixSeconds: days * 86_400 + Int64(hour * 3600 + minute * 60 + second))
    }

    /// The year in UTC of a moment within the years 0 to 9999, and the nearer of these for others.
    package var year: Int {
        let seconds = min(max(unixSeconds, Self.earliestFormatted), Self.latestFormatted)
        return Int(CivilDate(daysSince1970: (seconds - seconds.flooredRemainder(by: 86_400)) / 86_400).year)
    }
}

extension Int64 {
    /// The decimal digits of a number that is not negative, with zeros before them.
    fileprivate func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
