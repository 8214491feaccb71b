import Foundation

/// Something the user should read; it ends the run.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

struct Options {
    var seconds = 2.0
    var rounds = 5
    var startUps = 400
    var only: [String] = []
    var server: String?
    var cgi: String?
    var cgiPath = "/"
    var json: String?
    var nginx = "nginx"
    var selfCheck = false
    var list = false
    var sessions = false
    var forms = false
    var sessionFiles: [Int] = []
    var clients = 16
    var phpFPM: String?
    var pythonEnvironment: String?

    static let usage = """
        usage: Benchmark [options]
          --quick            short runs, for a look: 0.5 s, 2 rounds, 60 start-ups
          --only A,B         only these scenarios
          --list             name the scenarios and stop
          --seconds S        length of one run (2)
          --rounds N         runs of each side (5)
          --server PATH      our server (default: BenchmarkServer next to this program)
          --self-check       the C loop against itself: shows how far the ratios can be trusted
          --cgi PATH         our CGI program, for the start-up scenario
          --cgi-path P       the PATH_INFO it is asked for (/)
          --cgi-runs N       start-ups of each CGI program (400)
          --nginx PATH       the nginx to use (nginx)
          --json FILE        also write the results there
          --sessions         pages with sessions, beside those of others, instead of the scenarios
          --forms            forms and uploads, beside PHP-FPM, instead of the scenarios
        for these two:
          --clients N        clients at once (16)
          --php-fpm PATH     the PHP-FPM to use (the newest in /usr/sbin)
        for --sessions:
          --session-files A,B  also with so many session files
          --rivals PATH      the Python environment of the other frameworks (.build/rivals)
        """

    init(_ arguments: [String]) throws {
        // First, so that explicit figures win wherever they stand.
        if arguments.contains("--quick") {
            seconds = 0.5
            rounds = 2
            startUps = 60
        }
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--quick": break
            case "--self-check": selfCheck = true
            case "--list": list = true
            case "--only": only = try Self.value(of: name, &rest).split(separator: ",").map(String.init)
            case "--server": server = try Self.value(of: name, &rest)
            case "--sessions": sessions = true
            case "--forms": forms = true
            case "--php-fpm": phpFPM = try Self.value(of: name, &rest)
            case "--rivals": pythonEnvironment = try Self.value(of: name, &rest)
            case "--clients": clients = Int(try Self.number(of: name, &rest, in: 1...1000))
            case "--session-files":
                sessionFiles = try Self.value(of: name, &rest).split(separator: ",").map { text in
                    guard let number = Int(text), 1...10_000_000 ~= number else {
                        throw Failure("--session-files takes whole numbers up to 10000000, not \(text)")
                    }
                    return number
                }
            case "--cgi": cgi = try Self.value(of: name, &rest)
            case "--cgi-path": cgiPath = try Self.value(of: name, &rest)
            case "--json": json = try Self.value(of: name, &rest)
            case "--nginx": nginx = try Self.value(of: name, &rest)
            case "--seconds": seconds = try Self.number(of: name, &rest, in: 0.1...600)
            case "--rounds": rounds = Int(try Self.number(of: name, &rest, in: 1...1000))
            case "--cgi-runs": startUps = Int(try Self.number(of: name, &rest, in: 1...100_000))
            default: throw Failure("unknown option \(name)\n\(Self.usage)")
            }
        }
        if forms && sessions { throw Failure("--forms and --sessions are two runs") }
        let unknown = only.filter { !names.contains($0) }
        if !unknown.isEmpty { throw Failure("no such scenario: \(unknown.joined(separator: ", ")); see --list") }
    }

    /// What `--only` can choose from.
    var names: [String] {
        if forms { return FormExchange.allCases.map(\.rawValue) }
        guard sessions else { return Scenario.all.map(\.name) + [Scenario.startUp] }
        return SessionPage.all(sessionFiles: sessionFiles, clients: clients).map(\.name)
    }

    func includes(_ scenario: String) -> Bool {
        only.isEmpty || only.contains(scenario)
    }

    private static func value(of name: String, _ rest: inout ArraySlice<String>) throws -> String {
        guard let value = rest.popFirst() else { throw Failure("no value for \(name)\n\(usage)") }
        return value
    }

    private static func number(
        of name: String, _ rest: inout ArraySlice<String>, in range: ClosedRange<Double>
    ) throws -> Double {
        let text = try value(of: name, &rest)
        guard let number = Double(text), range.contains(number) else {
            throw Failure("\(name) takes a number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }
}
