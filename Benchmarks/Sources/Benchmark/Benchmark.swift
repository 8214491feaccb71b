import Foundation

/// Measures the framework's server against a bare libfcgi loop in C, side by side on one machine.
@main
struct Benchmark {
    static func main() {
        Belongings.watchSignals()
        raiseDescriptorLimit()
        var status: Int32 = 0
        var complaint: String?
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            if options.list {
                print(options.names.joined(separator: "\n"))
            } else {
                let failures =
                    try options.forms
                    ? run(FormReport.self, options)
                    : options.sessions ? run(SessionReport.self, options) : run(options)
                if !failures.isEmpty { status = 1 }
            }
        } catch {
            status = 1
            complaint = "Benchmark: \(error)"
        }
        // Before the complaint: after Ctrl-C this does not return, and what failed then failed because of it.
        Belongings.release()
        if let complaint { printError(complaint) }
        exit(status)
    }

    /// Returns what went wrong.
    private static func run<Report: ContestReport>(_: Report.Type, _ options: Options) throws -> [String] {
        let directory = try Belongings.makeDirectory()
        let report = try Report.measure(options, try Programs(into: directory), directory)
        print("\n\(report.table)\n\(Report.note)")
        for failure in report.failures { print("FAILED \(failure)") }
        if let file = options.json { try report.writeJSON(to: file) }
        return report.failures
    }

    /// Returns what went wrong.
    private static func run(_ options: Options) throws -> [String] {
        let directory = try Belongings.makeDirectory()
        let programs = try Programs(into: directory)
        var report = Report(
            cores: Nginx.workers, secondsPerRun: options.seconds, rounds: options.rounds, selfCheck: options.selfCheck)
        let chosen = Scenario.all.filter { options.includes($0.name) }
        if !chosen.isEmpty {
            let server = try options.selfCheck ? programs.loop : options.server ?? Programs.ownServer()
            for scenario in chosen {
                printError("\(scenario.name) ...")
                do {
                    try measure(scenario, programs, server, options, directory, &report)
                } catch let failure as Failure {
                    Belongings.standStillIfEnding()
                    // One scenario's failure does not cost the others' figures.
                    report.failures.append(failure.description)
                    printError("Benchmark: \(failure)")
                }
            }
        }
        if options.includes(Scenario.startUp) { try measureStartUp(programs, options, directory, &report) }
        show(report)
        if let file = options.json { try report.writeJSON(to: file) }
        return report.failures
    }

    private static func measure(
        _ scenario: Scenario, _ programs: Programs, _ server: String, _ options: Options, _ directory: URL,
        _ report: inout Report
    ) throws {
        let stage = try Stage(scenario, programs: programs, server: server, options: options, directory: directory)
        defer { stage.end() }
        if report.idleMemoryKiB.isEmpty {
            for (side, memory) in stage.idleKiB { report.idleMemoryKiB[side.rawValue] = memory }
        }
        report.scenarios.append(try stage.measure(seconds: options.seconds, rounds: options.rounds))
    }

    private static func measureStartUp(
        _ programs: Programs, _ options: Options, _ directory: URL, _ report: inout Report
    ) throws {
        let ours = options.selfCheck ? programs.hello : options.cgi
        guard let ours else {
            printError("\(Scenario.startUp) left out: name a CGI program of ours with --cgi PATH")
            return
        }
        printError("\(Scenario.startUp) ...")
        report.startUp = try StartUpComparison(
            programs: [.c: programs.hello, .ours: ours], path: options.cgiPath, runs: options.startUps)
    }

    private static func show(_ report: Report) {
        if !report.scenarios.isEmpty {
            print("\n\(report.table)\n\(Report.note)")
            let memory = Side.allCases.map { "\($0) \(report.idleMemoryKiB[$0.rawValue] ?? 0) KiB" }
            print("resident before any load: \(memory.joined(separator: ", "))")
        }
        if let table = report.startUpTable { print("\n\(table)") }
        for failure in report.failures { print("FAILED \(failure)") }
    }
}

func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
