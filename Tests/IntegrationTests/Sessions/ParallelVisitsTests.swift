import NestboxTesting
import Testing

extension Integration {
    /// Sessions of the program Notebook, behind nginx and as CGI programs.
    @Suite("sessions")
    struct SessionsTests {
        /// Sends many requests at once with one cookie, each at one of the doors.
        static func ask(
            _ targets: [String], at doors: [Door], cookie: String?
        ) async throws -> [(target: String, answer: Door.Answer)] {
            try await withThrowingTaskGroup(of: (String, Door.Answer).self) { group in
                for (index, target) in targets.enumerated() {
                    let door = doors[index % doors.count]
                    group.addTask { (target, try door.request("POST", target, cookie: cookie)) }
                }
                return try await group.reduce(into: []) { $0.append((target: $1.0, answer: $1.1)) }
            }
        }
    }
}

extension Integration.SessionsTests {
    @Suite("requests of one visitor at the same time")
    struct ParallelVisitsTests {
        /// By which ways requests come.
        enum Crowd: String, CaseIterable, CustomTestStringConvertible, Sendable {
            case fastCGI, twoFastCGI, cgi, wrapped, mixed

            var testDescription: String {
                switch self {
                case .fastCGI: "nginx and one FastCGI process"
                case .twoFastCGI: "nginx and two FastCGI processes"
                case .cgi: "CGI processes"
                case .wrapped: "nginx, fcgiwrap and CGI processes"
                case .mixed: "FastCGI and CGI processes"
                }
            }

            func doors(_ site: SessionSite) -> [Door] {
                switch self {
                case .fastCGI, .twoFastCGI: [site.fastCGI]
                case .cgi: [site.cgi]
                case .wrapped: [site.wrapped]
                case .mixed: [site.fastCGI, site.cgi] + (CGIWrapper.isInstalled ? [site.wrapped] : [])
                }
            }

            var processes: Int { [.twoFastCGI, .mixed].contains(self) ? 2 : self == .fastCGI ? 1 : 0 }
            var wrappers: Int { [.wrapped, .mixed].contains(self) && CGIWrapper.isInstalled ? 4 : 0 }
        }

        static let crowds = Crowd.allCases.filter { $0 != .wrapped || CGIWrapper.isInstalled }

        @Test("lose nothing of each other: 26 keys and 100 increments", arguments: crowds)
        func nothingIsLost(crowd: Crowd) async throws {
            let site = try SessionSite(.file, count: crowd.processes, wrappers: crowd.wrappers)
            let doors = crowd.doors(site)
            var visitor = Visitor()
            #expect(try visitor.post("/increment/n", at: doors[0]).text == "1\n")
            let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
            let writes = letters.map { "/set/letter-\($0)/\($0)" }
            let increments = [String](repeating: "/increment/n", count: 100)
            // The writes are among the increments, not all in front of them.
            var targets = increments
            for (index, write) in writes.enumerated() { targets.insert(write, at: index * 5) }
            let answers = try await Integration.SessionsTests.ask(targets, at: doors, cookie: visitor.field)
            let failures = answers.filter { $0.answer.status != 200 || !$0.answer.setCookies.isEmpty }
            let events = try site.events()
            #expect(failures.isEmpty, "\(failures.prefix(3)) \(events.prefix(3))")
            var expected = Dictionary(uniqueKeysWithValues: letters.map { ("letter-\($0)", JSON.string($0)) })
            expected["n"] = 101
            for door in doors { #expect(try visitor.look(at: door)["data"] == .object(expected)) }
            #expect(events.isEmpty, "\(events.prefix(3))")
            #expect(site.sessionFiles.count == 1)
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors.prefix(3))")
        }
    }
}
