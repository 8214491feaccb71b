import Foundation

/// A page of a server, that takes turns with others.
protocol ContestPage: Sendable {
    /// What tells it from the others.
    var name: String { get }
    var server: Contender { get }
}

/// What runs while pages are measured.
protocol Contest {
    associatedtype Page: ContestPage

    /// The pages whose servers could be started.
    var pages: [Page] { get }
    var contenders: Contenders { get }

    /// - Parameter complain: is told why a page or a server is left out
    init(_ options: Options, _ programs: Programs, _ directory: URL, complain: (String) -> Void) throws

    /// Puts a page under load for some seconds.
    func run(_ page: Page, seconds: Double) throws -> Run
}

/// What goes into the JSON file of a contest.
protocol ContestReport: Codable {
    associatedtype Stage: Contest

    /// What the table's columns are.
    static var note: String { get }
    var table: String { get }
    var failures: [String] { get set }

    init(_ conditions: Conditions)

    /// Sets what was measured in relation.
    mutating func compare(_ measured: [(page: Stage.Page, figures: Figures)])
}

/// How long, how often and with how many clients pages were measured.
struct Conditions: Codable {
    let cores: Int
    let secondsPerRun: Double
    let rounds: Int
    let clients: Int

    init(_ options: Options) {
        cores = Nginx.workers
        secondsPerRun = options.seconds
        rounds = options.rounds
        clients = options.clients
    }
}

extension ContestReport {
    /// Measures all pages.
    static func measure(_ options: Options, _ programs: Programs, _ directory: URL) throws -> Self {
        var report = Self(Conditions(options))
        func complain(_ text: String) {
            Belongings.standStillIfEnding()
            report.failures.append(text)
            printError("Benchmark: \(text)")
        }
        let stage = try Stage(options, programs, directory, complain: complain)
        defer { stage.contenders.end() }
        report.compare(
            try Rounds.figures(of: stage.pages, named: \.name, options, complain: complain, run: stage.run))
        return report
    }
}
