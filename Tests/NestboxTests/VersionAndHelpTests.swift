import NestboxTesting
import Testing

@testable import Nestbox

@Suite("what the program says of itself", .timeLimit(.minutes(1)))
struct VersionAndHelpTests {
    private func read(
        _ line: [String], _ environment: [String: String] = [:], options: [ConfigurationOption] = []
    ) throws -> ApplicationConfiguration {
        let directory = try TemporaryDirectory()
        return try ApplicationConfiguration(
            arguments: ["app"] + line, environment: environment.map { (name: $0.key, value: $0.value) },
            file: directory.path("nestbox.env"), options: options)
    }

    @Test("is its version, if its author has given one, and that of Nestbox")
    func version() throws {
        let nestbox = "(Nestbox \(Application.nestboxVersion))"
        let own = try CommandRun(["--version"], version: "1.2")
        #expect(own.status == .success)
        #expect(own.text == "\(CommandLine.programName) 1.2 \(nestbox)")
        #expect(try CommandRun(["--version"]).text == "\(CommandLine.programName) \(nestbox)")
        #expect(try CommandRun(["routes", "--version"]).text == "\(CommandLine.programName) \(nestbox)")
    }

    @Test("can be asked for when nothing of the configuration is right", arguments: ["--help", "--version"])
    func wrongConfiguration(option: String) throws {
        for environment in [["NESTBOX_NONSENSE": "1"], ["NESTBOX_WORKERS": "many"], ["NESTBOX_ENVIRONMENT": "x"]] {
            let run = try CommandRun([option, "--nonsense"], environment: environment)
            #expect(run.status == .success && run.error == nil)
            #expect(!run.lines.isEmpty)
        }
    }

    @Test("has the options by their subjects, the program's own first")
    func subjects() throws {
        let help = try read([], options: [.init("nest", "Where.")]).help(program: "birds").split(separator: "\n")
        let titles = help.filter { !$0.hasPrefix(" ") && $0.hasSuffix(":") }
        #expect(
            titles == [
                "Commands:",
                "Every option is also an environment variable, and a line of the file nestbox.env beside "
                    + "the program:", "This program's own:", "The program:", "Who may ask:", "Limits:", "Times:",
                "Forms:", "Files:", "Sessions:",
            ])
        let own = try #require(help.firstIndex(of: "This program's own:"))
        #expect(help[own + 1].hasPrefix("  --nest "))
    }

    @Test("fits into the terminal, word by word", arguments: [60, 80, 100, 200])
    func width(columns: Int) throws {
        for line in [[], ["session", "list"], ["session"]] {
            let configuration = try read(line + ["--help"])
            let help = configuration.help(program: "birds", width: columns)
            let table = help.split(separator: "\n").filter { $0.hasPrefix("  ") }
            #expect(table.allSatisfy { $0.count <= max(80, columns) }, "\(table.max { $0.count < $1.count } ?? "")")
            let words = help.split { $0 == " " || $0 == "\n" }
            #expect(words == configuration.help(program: "birds").split { $0 == " " || $0 == "\n" })
        }
    }

    static let near: [([String], [String: String], String)] = [
        (["--limit-body", "1"], [:], "Did you mean --limits-body?"),
        (["--body", "1"], [:], "Did you mean --limits-body?"),
        (["--limits-bdy=1"], [:], "Did you mean --limits-body?"),
        (["route"], [:], "Did you mean routes?"),
        (["sesion", "list"], [:], "Did you mean session list?"),
        ([], ["NESTBOX_LIMIT_BODY": "1"], "Did you mean NESTBOX_LIMITS_BODY?"),
    ]

    @Test("includes what was probably meant by a word that it does not know", arguments: near)
    func question(line: [String], environment: [String: String], text: String) {
        let error = #expect(throws: StartError.self) { try read(line, environment) }
        #expect(error?.description.hasSuffix(text) == true, "\(error?.description ?? "")")
    }

    static let far: [[String]] = [["--xyzzyplugh", "1"], ["xyzzy"], ["--", "1"], ["--z"], [""]]

    @Test("has no guess where nothing is near", arguments: far)
    func noQuestion(line: [String]) {
        let error = #expect(throws: StartError.self) { try read(line) }
        #expect(error?.description.contains("Did you mean") == false, "\(error?.description ?? "")")
    }
}
