import FoundationEssentials
import NestboxSessions
import NestboxTesting

/// Python's itsdangerous and BlackSheep, as `make test` installs them.
enum PythonTokens {
    private static let python = "\(Repository.root)/.build/python/bin/python"

    static var areInstalled: Bool { File.exists("\(Repository.root)/.build/python/installed") }

    /// Something to do with a token; what is `nil` takes the library's own default.
    struct Question: Encodable, Sendable {
        enum Action: String, Encodable { case make, read, session }

        var action: Action
        var kind = "URLSafeTimedSerializer"
        var secrets: [String]
        var salt: String?
        var derivation: String?
        var digest: String?
        /// The text of a signer, the JSON of a serializer, or what a handler adds to a session.
        var text: String?
        var token: String?
        /// What Python takes for the present time.
        var time: Int64?
        var maxAge: Int64?
    }

    struct Answer: Decodable {
        var token: String?
        var text: String?
        var time: Int64?
        var error: String?
    }

    /// Asks one process all questions.
    static func ask(_ questions: [Question]) throws -> [Answer] {
        let child = try ChildProcess(
            python, ["-B", "\(Repository.root)/Tests/IntegrationTests/Support/python_tokens.py"],
            environment: ["LANG": "C.UTF-8"], stdin: .pipe)
        let output = try child.output(input: Array(JSONEncoder().encode(questions)), timeout: .seconds(60))
        guard output.status == .exited(0) else {
            throw TestingError(
                .refused, "python_tokens.py: \(output.status) \(String(decoding: output.stderr, as: UTF8.self))")
        }
        return try JSONDecoder().decode([Answer].self, from: Data(output.stdout))
    }
}
