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

        @Test(
            "every option that it names is one",
            arguments: ["README.md", "SECURITY.md", "nginx/nestbox.conf", "nginx/mounted.conf", "nginx/fastcgi_params"])
        func options(file: String) throws {
            let output = try ChildProcess(ExampleProgram.path("Hello"), ["--help"]).output()
            let help = String(decoding: output.stdout, as: UTF8.self)
            let text = try Repository.text(of: file)
            for option in text.matches(of: #/(?:^|[\s`(])(--[a-z]+(?:-[a-z]+)*)/#).map(\.output.1)
            where option != "--help" {
                #expect(help.contains("  \(option) "), "\(option)")
            }
            for variable in text.matches(of: #/NESTBOX_[A-Z_]+/#).map(\.output) {
                let option = "--" + variable.dropFirst(8).lowercased().replacing("_", with: "-")
                #expect(help.contains("  \(option) "), "\(variable)")
            }
        }

        @Test("every file that the README links to is there")
        func links() throws {
            for link in try Repository.text(of: "README.md").matches(of: #/\]\(([^)#:]+)\)/#).map(\.output.1) {
                #expect(File.exists("\(Repository.root)/\(link)"), "\(link)")
            }
        }
    }
}
