import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("what the documentation says")
    struct DocumentationTests {
        @Test("the application in the README is Hello")
        func readme() throws {
            let readme = try Repository.text(of: "README.md")
            let hello = try Repository.text(of: "Examples/Hello/Hello.swift")
            #expect(readme.contains("```swift\n\(hello)```\n"))
            #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count < 150)
        }

        @Test("Nestbox's version is the topmost one of the changelog, and every program prints it")
        func version() throws {
            let changelog = try Repository.text(of: "CHANGELOG.md")
            let top = try #require(changelog.firstMatch(of: #/\n## (\S+)/#)?.output.1)
            #expect(Application.nestboxVersion == top.lowercased())
            #expect(try CommandOutput("Hello", "--version").stdout == "Hello (Nestbox \(top.lowercased()))\n")
        }

        /// The documents for those who use the package.
        static let pages =
            ["README.md", "SECURITY.md", "CONTRIBUTING.md"] + names(in: "docs", ".md")
            + File.names(in: "\(Repository.root)/Examples").map { "Examples/\($0)/README.md" }
            .filter { File.exists("\(Repository.root)/\($0)") }

        private static func names(in folder: String, _ suffix: String) -> [String] {
            File.names(in: "\(Repository.root)/\(folder)").filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
        }

        @Test(
            "every option that it names is one",
            arguments: pages.filter { !$0.hasPrefix("Examples/") }
                + ["nginx", "apache", "lighttpd"].flatMap { names(in: $0, ".conf") } + ["nginx/fastcgi_params"])
        func options(file: String) throws {
            let output = try ChildProcess(ExampleProgram.path("Hello"), ["--help"]).output()
            let words = [["session", "list"], ["serve"], ["config", "nginx"], ["config", "systemd"]]
            let commands = try words.map { words in
                try CommandOutput(ExampleProgram.path("Hello"), words + ["--help"], environment: [:]).stdout
            }
            let help = String(decoding: output.stdout, as: UTF8.self) + commands.joined()
            let text = Self.withoutOthers(try Repository.text(of: file))
            for option in text.matches(of: #/(?:^|[\s`(])(--[a-z]+(?:-[a-z]+)*)/#).map(\.output.1)
            where option != "--help" && option != "--version" {
                #expect(help.contains("  \(option) "), "\(option)")
            }
            for variable in text.matches(of: #/NESTBOX_[A-Z_]+/#).map(\.output) {
                let option = "--" + variable.dropFirst(8).lowercased().replacing("_", with: "-")
                #expect(help.contains("  \(option) "), "\(variable)")
            }
        }

        /// A document without the lines of its commands that call other programs.
        private static func withoutOthers(_ text: String) -> String {
            var isCode = false
            return text.split(separator: "\n").filter { line in
                if line.hasPrefix("```") { isCode.toggle() }
                return !isCode || ["Hello", "Counter", "Birds", "NESTBOX_"].contains { line.contains($0) }
            }.joined(separator: "\n")
        }

        @Test("docs/sessions.md has every key of the session layer, with its default, and every command")
        func sessionKeys() throws {
            let text = try Repository.text(of: "docs/sessions.md")
            let help = try CommandOutput("Hello", "--help").lines
            let flags = Set(
                help.compactMap { $0.firstMatch(of: #/^  (--session-[a-z-]+) /#).map { String($0.output.1) } })
            var documented: Set<String> = []
            for row in text.matches(of: #/\n\| `(session\.[A-Za-z.]+)` \| ([^|]*) \|/#) {
                let key = row.output.1.replacing(".", with: "-").replacing(#/([a-z])([A-Z]+)/#) { "\($0.1)-\($0.2)" }
                let flag = "--" + key.lowercased()
                documented.insert(flag)
                let line = try #require(help.first { $0.hasPrefix("  \(flag) ") }, "\(flag)")
                guard let value = row.output.2.firstMatch(of: #/`([^`]+)`/#)?.output.1 else { continue }
                #expect(line.contains("Default: \(value)"), "\(line)")
            }
            #expect(documented == flags, "\(flags.symmetricDifference(documented))")
            for line in help {
                guard let name = line.firstMatch(of: #/^  (session [a-z]+) /#)?.output.1 else { continue }
                #expect(text.contains("| `\(name)"), "\(name)")
            }
        }

        @Test("docs/forms.md has every key of forms, with its default")
        func formKeys() throws {
            let text = try Repository.text(of: "docs/forms.md")
            let help = try CommandOutput("Hello", "--help").lines
            let flags = Set(
                help.compactMap { $0.firstMatch(of: #/^  (--forms-[a-z-]+) /#).map { String($0.output.1) } })
            var documented: Set<String> = []
            for row in text.matches(of: #/\n\| `(forms\.[A-Za-z]+)` \| [^|]* \| `([^`]+)`/#) {
                let key = row.output.1.replacing(".", with: "-")
                let flag = "--" + key.replacing(#/[A-Z]/#) { "-\($0.output.lowercased())" }
                documented.insert(flag)
                let line = try #require(help.first { $0.hasPrefix("  \(flag) ") }, "\(flag)")
                #expect(line.contains("Default: \(row.output.2)"), "\(line)")
            }
            #expect(documented == flags, "\(flags.symmetricDifference(documented))")
        }

        @Test("a step of a guide that is typed in the checkout fails when one of its commands does")
        func steps() throws {
            let directory = try TemporaryDirectory()
            let script = "\(Repository.root)/scripts/guides.sh"
            for (text, isRight) in [
                ("true\necho on\n", true), ("false\necho on\n", false), ("echo $nothing\necho on\n", false),
            ] {
                let step = try directory.write(text, to: "step")
                let output = try CommandOutput(
                    "/bin/sh", [script, "--step", step], environment: ["PATH": "/usr/bin:/bin"])
                #expect((output.status == .exited(0)) == isRight, "\(text)")
                #expect(output.stdout.contains("on") == isRight)
            }
        }

        @Test("every file that they link to is there", arguments: pages)
        func links(file: String) throws {
            let directory = file.split(separator: "/").dropLast().map { "\($0)/" }.joined()
            for link in try Repository.text(of: file).matches(of: #/\]\(([^)#:]+)\)/#).map(\.output.1) {
                #expect(File.exists("\(Repository.root)/\(directory)\(link)"), "\(link)")
            }
        }
    }
}
