import NestboxTesting
import Testing

@testable import NestboxHTTP

@Suite("HTTP dates", .timeLimit(.minutes(1)))
struct HTTPDateTests {
    static let table: [(Int64, String)] = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_582_934_400, "Sat, 29 Feb 2020 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (2_147_483_647, "Tue, 19 Jan 2038 03:14:07 GMT"),
        (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
        (-2_203_891_200, "Thu, 01 Mar 1900 00:00:00 GMT"),
        (-11_644_473_600, "Mon, 01 Jan 1601 00:00:00 GMT"),
        (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
        (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ]

    @Test("IMF-fixdate is written and read back", arguments: table)
    func fixdate(seconds: Int64, text: String) {
        #expect(HTTPDate(unixSeconds: seconds).description == text)
        #expect(HTTPDate(parsing: text) == HTTPDate(unixSeconds: seconds))
        #expect(HTTPDate(parsing: Substring(" \(text)").dropFirst()) == HTTPDate(unixSeconds: seconds))
    }

    @Test("moments that four digits cannot name are written as the nearest that they can")
    func clamping() {
        #expect(HTTPDate(unixSeconds: .max).description == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate(unixSeconds: 253_402_300_800).description == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate(unixSeconds: .min).description == "Sat, 01 Jan 0000 00:00:00 GMT")
    }

    @Test("every day of 400 years and some has its own date, one after the other")
    func calendar() {
        var expected = CivilDate(year: 1599, month: 12, day: 31)
        for day in expected.daysSince1970...CivilDate(year: 2001, month: 1, day: 1).daysSince1970 {
            #expect(CivilDate(daysSince1970: day) == expected)
            #expect(expected.daysSince1970 == day)
            expected.day += 1
            if expected.day > CivilDate.length(ofMonth: expected.month, year: expected.year) {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
        }
    }

    @Test(
        "the obsolete formats are read",
        arguments: [
            ("Saturday, 29-Feb-20 12:34:56 GMT", 1_582_979_696),
            ("Sat Feb 29 12:34:56 2020", 1_582_979_696),
            ("Wednesday, 01-Jan-20 00:00:00 GMT", 1_577_836_800),
            ("Wed Jan  1 00:00:00 2020", 1_577_836_800),
            ("Wed Jan 01 00:00:00 2020", 1_577_836_800),
        ] as [(String, Int64)])
    func obsolete(text: String, seconds: Int64) {
        #expect(HTTPDate(parsing: text, now: HTTPDate(unixSeconds: 1_600_000_000))?.unixSeconds == seconds)
    }

    @Test(
        "two digits mean the latest year that is not more than 50 years ahead",
        arguments: [("70", "1970"), ("71", "1971"), ("69", "2069"), ("20", "2020"), ("00", "2000"), ("99", "1999")])
    func shortYears(short: String, year: String) throws {
        let now = try #require(HTTPDate(parsing: "Thu, 31 Dec 2019 23:59:59 GMT"))
        let date = try #require(HTTPDate(parsing: "Monday, 05-Jun-\(short) 10:00:00 GMT", now: now))
        #expect(date.description.hasSuffix("05 Jun \(year) 10:00:00 GMT"))
    }

    @Test("a clock that is far off gives a year or nothing, not a trap", arguments: [Int64.min, -1, 0, Int64.max])
    func absurdClock(seconds: Int64) {
        let date = HTTPDate(parsing: "Monday, 05-Jun-94 10:00:00 GMT", now: HTTPDate(unixSeconds: seconds))
        #expect(date.map { $0.year % 100 == 94 } ?? (seconds == .max))
    }

    @Test("a leap second is the second after, and a wrong day name is let pass")
    func tolerance() {
        #expect(HTTPDate(parsing: "Sat, 31 Dec 2016 23:59:60 GMT")?.description == "Sun, 01 Jan 2017 00:00:00 GMT")
        #expect(HTTPDate(parsing: "Mon, 31 Dec 2016 00:00:00 GMT")?.unixSeconds == 1_483_142_400)
    }

    @Test(
        "all else is no date",
        arguments: [
            "", "Sun", "Sun,", "0", "1582934400", "Sat, 29 Feb 2020", "Sat, 29 Feb 2020 00:00:00",
            "Sat, 29 Feb 2020 00:00:00 UTC", "Sat, 29 Feb 2020 00:00:00 GMT ", " Sat, 29 Feb 2020 00:00:00 GMT",
            "sat, 29 Feb 2020 00:00:00 GMT", "Sat, 29 feb 2020 00:00:00 GMT", "Sat, 29 Feb 2020 00:00:00 gmt",
            "Sat 29 Feb 2020 00:00:00 GMT", "Sat,29 Feb 2020 00:00:00 GMT", "Sat, 29  Feb 2020 00:00:00 GMT",
            "Sat, 30 Feb 2020 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT", "Sat, 00 Feb 2020 00:00:00 GMT",
            "Sat, 31 Apr 2020 00:00:00 GMT", "Sat, 9 Feb 2020 00:00:00 GMT", "Sat, 29 Feb 20 00:00:00 GMT",
            "Sat, 29 Feb 12020 00:00:00 GMT", "Sat, 29 Feb -020 00:00:00 GMT", "Sat, 29 Feb 2020 24:00:00 GMT",
            "Sat, 29 Feb 2020 00:60:00 GMT", "Sat, 29 Feb 2020 00:00:61 GMT", "Sat, 29 Feb 2020 0:00:00 GMT",
            "Sat, 29 Foo 2020 00:00:00 GMT", "Sat, 29-Feb-20 00:00:00 GMT", "Saturday, 29 Feb 2020 00:00:00 GMT",
            "Saturday, 29-Feb-2020 00:00:00 GMT", "Sat Feb 29 00:00:00 2020 GMT", "Sat Feb 9 00:00:00 2020",
            "Sat Feb  29 00:00:00 2020", "Sät, 29 Feb 2020 00:00:00 GMT", "Sat, ２９ Feb 2020 00:00:00 GMT",
            "Thursday, 01-Jan-70 00:00:00 GMT" + String(repeating: "x", count: 100_000),
        ])
    func malformed(text: String) {
        #expect(HTTPDate(parsing: text) == nil)
    }

    @Test("dates are ordered, and moving one stops at the ends")
    func arithmetic() {
        #expect(HTTPDate(unixSeconds: -5) < HTTPDate(unixSeconds: 3))
        #expect(HTTPDate(unixSeconds: 10).advanced(bySeconds: -15).unixSeconds == -5)
        #expect(HTTPDate(unixSeconds: .max - 1).advanced(bySeconds: 5).unixSeconds == .max)
        #expect(HTTPDate(unixSeconds: .min + 1).advanced(bySeconds: .min).unixSeconds == .min)
        #expect(HTTPDate.now > HTTPDate(unixSeconds: 1_700_000_000))
    }

    @Test("mutated dates are read to the date that they then name, or not at all")
    func mutations() {
        var random = SeededGenerator(seed: 5)
        let alphabet = Array("0123456789 ,:-GMTSunFeb".utf8) + [0x00, 0xC3, 0xFF]
        let now = HTTPDate(unixSeconds: 1_600_000_000)
        for start in ["Sat, 29 Feb 2020 12:34:56 GMT", "Saturday, 29-Feb-20 12:34:56 GMT", "Sat Feb 29 12:34:56 2020"] {
            for _ in 0..<3000 {
                let text = String(decoding: random.mutated(Array(start.utf8), alphabet: alphabet), as: UTF8.self)
                guard let date = HTTPDate(parsing: text, now: now) else { continue }
                #expect(HTTPDate(parsing: date.description) == date)
            }
        }
    }
}
