import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the words of a command line", .timeLimit(.minutes(1)))
struct CommandCallTests {
    @Test("are none when there are only options", arguments: [[], ["--listen", "x"], ["-h"], ["--"], ["-"]])
    func options(line: [String]) throws {
        #expect(try CommandCall(["app"] + line) == nil)
        #expect(try CommandCall([]) == nil)
    }

    @Test("name a command and what it works on, and end at the first option")
    func command() throws {
        let call = try #require(try CommandCall(["app", "session", "revoke", "k", "--user", "session", "list"]))
        #expect(call.command?.name == "session revoke")
        #expect(call.arguments == ["k"])
        #expect(call.options == ["app", "--user", "session", "list"])
    }

    @Test(
        "name a group, whose commands are shown", arguments: [["session"], ["session", "help"], ["help", "session"]])
    func group(words: [String]) throws {
        let call = try #require(try CommandCall(["app"] + words))
        #expect(call.command == nil)
        #expect(call.group == "session")
        #expect(call.isHelp == (words.count == 2))
    }

    @Test("ask for help with a command", arguments: ["check", "routes", "session list", "serve"])
    func help(name: String) throws {
        let call = try #require(try CommandCall(["app", "help"] + name.split(separator: " ").map(String.init)))
        #expect(call.command?.name == name && call.isHelp && call.group == nil)
    }

    static let unknown = [
        (["serv"], "'serv'"), ([""], "''"), (["session", "lst"], "session list"), (["Session"], "'Session'"),
        (["session", ""], "session keygen"), (["session", "keygen", "a", "b"], "'b'"), (["session", "gc", "x"], "'x'"),
        (["help", "me"], "'help'"), (["help", "session", "x"], "'help'"), (["doctor"], "'doctor'"),
    ]

    @Test("that no one knows are refused as a wrong use", arguments: unknown)
    func unknownWords(words: [String], text: String) {
        let error = #expect(throws: StartError.self) { try CommandCall(["app"] + words) }
        #expect(error?.isUsage == true)
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    }

    private func read(_ line: [String]) throws -> ApplicationConfiguration {
        let directory = try TemporaryDirectory()
        return try ApplicationConfiguration(
            arguments: ["app"] + line, environment: [], file: directory.path("nestbox.env"))
    }

    @Test("do not keep the configuration's options from being read")
    func configuration() throws {
        let configuration = try read(["session", "list", "--user", "ada", "--workers=3", "--limit=5"])
        #expect(configuration.call?.command?.name == "session list")
        #expect(configuration.commandValues["USER"] == "ada")
        #expect(configuration.commandValues["LIMIT"] == "5")
        #expect(configuration.gateway.workers == 3)
        #expect(try read([]).call == nil)
    }

    @Test(
        "have options of their own, which others do not take",
        arguments: [["--user", "ada"], ["session", "gc", "--user", "ada"], ["session", "revoke", "--limit", "5"]])
    func ownOptions(line: [String]) {
        let error = #expect(throws: StartError.self) { try read(line) }
        #expect(error?.isUsage == true)
    }

    @Test("stand before the options")
    func order() {
        let error = #expect(throws: StartError.self) { try read(["--workers", "3", "session", "gc"]) }
        #expect(error?.description.contains("commands stand before the options") == true)
    }

    @Test("are in the help text, each with a line, and --help after them shows more")
    func help() throws {
        let help = try read(["--help"]).help(program: "birds")
        for command in Command.all {
            #expect(help.contains("  \(command.name) "), "\(command.name)")
            #expect(help.contains(command.summary), "\(command.name)")
            let own = try read(command.words + ["--help"]).help(program: "birds")
            #expect(own.contains("Usage: birds \(command.name)"))
            for option in command.options { #expect(own.contains("  \(option.flag) "), "\(option.flag)") }
            if let group = command.words.dropLast().first {
                #expect(try read([group, "help"]).help(program: "birds").contains(command.name))
            }
        }
        #expect(Set(Command.all.map(\.name)).count == Command.all.count)
        #expect(try read(["nonsense", "--help"]).help(program: "birds") == help)
    }
}
