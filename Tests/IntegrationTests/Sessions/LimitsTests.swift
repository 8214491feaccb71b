import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("sessions that are too large")
    struct LimitsTests {
        @Test("are an error whose line of the log names the largest keys and the limit; the old session stays")
        func tooLarge() throws {
            for kind in SessionSite.Kind.allCases {
                let site = try SessionSite(kind, ["NESTBOX_SESSION_MAX_BYTES": "3000"])
                for (door, isCGI) in [(site.fastCGI, false), (site.cgi, true)] {
                    var visitor = Visitor()
                    #expect(try visitor.post("/set/word/small", at: door).status == 200)
                    #expect(try visitor.post("/fill/middle/500", at: door).status == 200)
                    let before = visitor
                    let lines = try site.programs[0].log().count
                    let answer = try visitor.post("/fill/huge/9000", at: door)
                    #expect(answer.status == 500)
                    #expect(answer.cookieLines.isEmpty, "\(answer.fields)")
                    #expect(!answer.text.contains("huge"))
                    let log = isCGI ? answer.log : try site.programs[0].log().dropFirst(lines).joined(separator: "\n")
                    let told = log.split(separator: "\n")
                    #expect(told.count == 1, "\(log)")
                    #expect(told.first?.contains(" session.event=too_large") == true, "\(log)")
                    let line = String(told.first ?? "")
                    #expect(line.contains(" error nestbox ") && line.contains("the limit is 3000"), "\(line)")
                    #expect(line.contains(#"largest keys are "huge" (9"#) && line.contains(#""middle" (5"#), "\(line)")
                    #expect(line.utf8.count < 400, "\(line)")
                    #expect(visitor.session == before.session)
                    let data = try visitor.look(at: door)["data"]?.object
                    #expect(data?.keys.sorted() == ["middle", "word"])
                    #expect(data?["word"] == "small")
                }
            }
        }
    }
}
