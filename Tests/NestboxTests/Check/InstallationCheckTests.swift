import Glibc
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("check", .timeLimit(.minutes(1)))
struct InstallationCheckTests {
    /// A folder with a program in it, as it should be.
    private struct Place {
        let directory: TemporaryDirectory
        let program: String

        init(_ name: String = "counter.cgi", in folder: String = "") throws {
            directory = try TemporaryDirectory()
            var path = directory.path
            for part in folder.split(separator: "/") {
                path += "/\(part)"
                mkdir(path, 0o755)
            }
            chmod(path, 0o755)
            program = "\(path)/\(name)"
            // The beginning of a static program for x86-64 that has no segments.
            let file = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0o755)
            defer { close(file) }
            var header = [UInt8](repeating: 0, count: 64)
            header.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
            (header[18], header[54]) = (62, 56)
            try #require(file >= 0 && write(file, header, 64) == 64 && fchmod(file, 0o755) == 0)
        }

        func check(user: uid_t = 1000) -> [Finding] {
            // The owner of the files is whoever runs the tests.
            chown(program, 1000, 1000)
            var check = InstallationCheck(program: program, user: geteuid() == 0 ? user : geteuid())
            check.examineProgram()
            check.examineSettingsFile()
            return check.findings
        }
    }

    private func text(_ findings: [Finding], _ level: Finding.Level) -> String {
        findings.filter { $0.level == level }.map(\.line).joined(separator: "\n")
    }

    @Test("finds nothing wrong with a static program in a folder of its owner")
    func fine() throws {
        let place = try Place()
        if geteuid() == 0 { chown(place.directory.path, 1000, 1000) }
        let findings = place.check()
        #expect(findings.allSatisfy { $0.level == .ok }, "\(findings.map(\.line))")
        #expect(text(findings, .ok).contains("static, for x86_64"))
        #expect(Set(findings.map(\.subject)) == ["name", "mode", "owner", "folder", "file", "nestbox.env"])
    }

    @Test(
        "knows the names that web servers start",
        arguments: [
            ("a.cgi", Finding.Level.ok), ("a.fcgi", .ok), ("Counter", .warning), ("a.cgi.txt", .warning),
            ("nph-a.cgi", .problem),
        ])
    func names(name: String, level: Finding.Level) throws {
        #expect(try Place(name).check().first { $0.subject == "name" }?.level == level)
    }

    @Test(
        "knows the modes that suexec refuses",
        arguments: [
            (0o755, Finding.Level.ok, ""), (0o711, .ok, ""), (0o700, .warning, "not every user"),
            (0o775, .problem, "others can change it"), (0o757, .problem, "chmod 755"),
            (0o644, .problem, "cannot start it"), (0o4755, .problem, "changes the user"), (0o2755, .problem, "group"),
        ] as [(mode_t, Finding.Level, String)])
    func modes(mode: mode_t, level: Finding.Level, words: String) throws {
        let place = try Place()
        // A change of the owner would take away what the mode says of users.
        if geteuid() == 0 { chown(place.program, 1000, 1000) }
        chmod(place.program, mode)
        var check = InstallationCheck(program: place.program, user: 1000)
        check.examineProgram()
        let finding = try #require(check.findings.first { $0.subject == "mode" })
        #expect(finding.level == level)
        #expect(finding.text.contains(words))
    }

    @Test("finds a folder that others can write to", arguments: [0o775, 0o757, 0o777, 0o1777] as [mode_t])
    func folder(mode: mode_t) throws {
        let place = try Place()
        chmod(place.directory.path, mode)
        #expect(text(place.check(), .problem).contains("others can put another program in its place"))
    }

    @Test("finds files of other users, and that root is no one to check with", .enabled(if: geteuid() == 0))
    func owner() throws {
        let place = try Place()
        #expect(text(place.check(user: 65_534), .warning).contains("belongs to user 1000, and this runs as user 65534"))
        #expect(text(place.check(user: 0), .warning).contains("runs as root"))
        // The folder is root's.
        #expect(text(place.check(), .warning).contains("suexec wants one owner"))
    }

    @Test("finds a link, and looks for the configuration where the file itself is")
    func link() throws {
        let place = try Place()
        try place.directory.write("NESTBOX_SESSION_SECRET=hunter2\n", to: "nestbox.env", mode: 0o600)
        chmod(place.directory.path("nestbox.env"), 0o644)
        let other = try TemporaryDirectory()
        symlink(place.program, other.path("link.cgi"))
        var check = InstallationCheck(program: other.path("link.cgi"))
        check.examineProgram()
        check.examineSettingsFile()
        #expect(text(check.findings, .warning).contains("suexec starts no links"))
        #expect(text(check.findings, .problem).contains("holds a secret, and others can read it"))
        var lost = InstallationCheck(program: other.path("none"))
        lost.examineProgram()
        #expect(text(lost.findings, .problem).contains("cannot be examined"))
    }

    @Test("finds a file that is no program")
    func noProgram() throws {
        let directory = try TemporaryDirectory()
        let program = try directory.write("ELF\r\n", to: "a.cgi", mode: 0o755)
        var check = InstallationCheck(program: program)
        check.examineProgram()
        #expect(text(check.findings, .problem).contains("binary mode"))
    }

    static let settings: [(text: String, mode: mode_t, level: Finding.Level, words: String)] = [
        ("NESTBOX_WORKERS=4\n", 0o644, .ok, "mode 644"),
        ("NESTBOX_WORKERS=4\n", 0o664, .problem, "others can change it"),
        ("APP_SECRET_1=hunter2\n", 0o600, .ok, "mode 600"), ("APP_SECRET_1=hunter2\n", 0o640, .problem, "chmod 600"),
        ("\r\n  NESTBOX_SESSION_SECRET = 'hunter2'\r\nnonsense", 0o604, .problem, "holds a secret"),
        ("#APP_SECRET_1=x\nNESTBOX_SESSION_SECRET_FILE=/a\nNESTBOX_SESSION_SECRET_PREFIX=B\n", 0o644, .ok, "644"),
        ("NESTBOX_SESSION_SECRET_PREFIX=BIRDS\nBIRDS_1=hunter2\n", 0o644, .problem, "holds a secret"),
        ("API_KEY=hunter2\n", 0o644, .problem, "holds a secret"), ("SMTP_PASS=hunter2\n", 0o640, .problem, "secret"),
        ("DATABASE_URL=postgres://ada:hunter2@db/birds\n", 0o644, .warning, "may be secrets"),
        ("PASSWORD_MIN_LENGTH=12\n", 0o600, .ok, "600"), ("PASSWORD_MIN_LENGTH=12\n", 0o644, .warning, "may be"),
        ("NESTBOX_PASSWORD_MIN_LENGTH=12\nNESTBOX_SESSION_ALLOW_WEAK_SECRET=true\n", 0o644, .ok, "644"),
    ]

    @Test("finds a nestbox.env that others can read or change", arguments: settings)
    func settingsFile(text: String, mode: mode_t, level: Finding.Level, words: String) throws {
        let place = try Place()
        try place.directory.write(text, to: "nestbox.env")
        chmod(place.directory.path("nestbox.env"), mode)
        var check = InstallationCheck(program: place.program)
        check.examineSettingsFile()
        let finding = try #require(check.findings.first)
        #expect(finding.level == level, "\(finding.line)")
        #expect(finding.text.contains(words) && !finding.text.contains("hunter2"), "\(finding.line)")
    }

    @Test("finds a nestbox.env that the web server shows, unless .htaccess denies it")
    func shown() throws {
        let place = try Place(in: "public_html")
        try place.directory.write("APP_SECRET_1=x\n", to: "public_html/nestbox.env", mode: 0o600)
        let open = text(place.check(), .problem)
        #expect(open.contains("no .htaccess keeps it from visitors") && open.contains("It holds a secret"), "\(open)")
        try place.directory.write("<Files nestbox.env>\nRequire all denied\n</Files>\n", to: "public_html/.htaccess")
        let closed = place.check()
        #expect(!text(closed, .problem).contains("nestbox.env"), "\(closed.map(\.line))")
        #expect(text(closed, .ok).contains(".htaccess keeps it from visitors"))
    }

    // MARK: The command

    private func run(
        _ environment: [String: String], sessions: (inout Application) -> Void = { $0.useSessions() }
    ) throws -> CommandRun {
        try CommandRun(["check"], environment: environment, sessions: sessions)
    }

    @Test("says what the doctor says of sessions, when the application has some")
    func sessions() throws {
        let fine = try run(["APP_SECRET_1": SessionDoctorTests.secret])
        #expect(fine.text.contains("ok       trial: "), "\(fine.text)")
        let weak = try run(["APP_SECRET_1": "short"])
        #expect(weak.status == .problem)
        #expect(weak.text.contains("problem  secrets: the shortest has 5 bytes"))
        let none = try run([:]) { _ in }
        #expect(none.text.contains("ok       sessions: none"))
        #expect(none.text.contains("dynamic, for "))
    }

    @Test("finds a directory for uploads that cannot be written to")
    func uploads() throws {
        let secret = ["APP_SECRET_1": SessionDoctorTests.secret]
        let directory = try TemporaryDirectory()
        let missing = try run(secret.merging(["NESTBOX_FORMS_DIRECTORY": directory.path("none")]) { $1 })
        #expect(missing.text.contains("problem  uploads: \(directory.path("none")) is no directory"))
        let there = try run(secret.merging(["NESTBOX_FORMS_DIRECTORY": directory.path]) { $1 })
        #expect(there.text.contains("ok       uploads: \(directory.path) can be written to"))
        mkdir(directory.path("htdocs"), 0o755)
        let shown = try run(secret.merging(["NESTBOX_FORMS_DIRECTORY": directory.path("htdocs")]) { $1 })
        #expect(shown.text.contains("problem  uploads: \(directory.path("htdocs")) is below "))
    }

    @Test("says when nobody knows which folder the web server shows")
    func webRoot() throws {
        func findings(_ folder: String) throws -> [Finding] {
            var check = InstallationCheck(program: try Place(in: folder).program)
            check.examineWebRoot()
            return check.findings
        }
        #expect(try findings("site").map(\.level) == [.warning])
        #expect(try text(findings("site"), .warning).contains("Set DOCUMENT_ROOT"))
        #expect(try findings("web/app").isEmpty)
    }

    @Test("says why the program does not start, beside what else it finds")
    func diagnosis() {
        let (lines, status) = CommandRun.collecting { output in
            InstallationCheck.diagnose(StartError("nestbox.env: NESTBOX_WROKERS is no key"), output)
        }
        #expect(status == .problem)
        #expect(lines.contains("problem  configuration: nestbox.env: NESTBOX_WROKERS is no key"))
        #expect(lines.contains { $0.contains(" mode: ") })
    }
}
