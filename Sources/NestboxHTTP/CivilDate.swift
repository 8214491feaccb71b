/// A date in the proleptic Gregorian calendar, for years around those that HTTP can name.
///
/// Years are counted from March, so that the leap day is the last day of its year and the months before it follow
/// one formula; 400 years are 146,097 days.
struct CivilDate: Equatable {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date so many days after 1970-01-01; the caller keeps the number within some ten thousand years.
    init(daysSince1970 days: Int64) {
        let sinceMarchOfYear0 = days + Self.daysFromMarchOfYear0To1970
        let dayOfEra = sinceMarchOfYear0.flooredRemainder(by: 146_097)
        let era = (sinceMarchOfYear0 - dayOfEra) / 146_097
        // 1,460 days without a leap day, 36,524 without the fourth century's, 146,096 the very last of the era.
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - Self.daysBefore(yearOfEra: yearOfEra)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// How many days after 1970-01-01 this date is.
    var daysSince1970: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let yearOfEra = marchYear.flooredRemainder(by: 400)
        let era = (marchYear - yearOfEra) / 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        // Five months from March on have 153 days: 31, 30, 31, 30, 31.
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return era * 146_097 + Self.daysBefore(yearOfEra: yearOfEra) + dayOfYear - Self.daysFromMarchOfYear0To1970
    }

    /// How many days a month from 1 to 12 has.
    static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// From 0000-03-01 to 1970-01-01.
    private static let daysFromMarchOfYear0To1970: Int64 = 719_468

    private static func daysBefore(yearOfEra: Int64) -> Int64 {
        yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100
    }
}

extension Int64 {
    /// The remainder that is never negative, for a positive divisor.
    func flooredRemainder(by divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
