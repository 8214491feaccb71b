import Glibc
import NestboxTesting
import Testing

extension Integration {
    @Suite("files that the web server sends for X-Sendfile")
    struct HandOffTests {
        /// A directory of files that any user may read, in a program's directory that is closed to visitors.
        private final class Files {
            let directory: TemporaryDirectory
            static let text = "0123456789"

            init() throws {
                directory = try TemporaryDirectory()
                for name in ["a b%20ü.txt", "plain.txt"] { try directory.write(Self.text, to: name) }
                OtherUser.give(directory)
            }

            var settings: [String: String] {
                ["MIRROR_FILES": directory.path, "NESTBOX_FILES_SENDFILE": directory.path]
            }
        }

        private func check(_ front: Front, _ target: String) throws {
            let whole = try front.request("GET", target)
            #expect(whole.status == 200 && whole.text == Files.text, "\(whole)")
            #expect(whole.field("X-Sendfile") == nil)
            #expect(whole.field("Content-Type") == "text/plain; charset=utf-8")
            let part = try front.request("GET", target, headers: [("Range", "bytes=2-4")])
            #expect(part.status == 206 && part.text == "234", "\(part)")
            #expect(try front.request("GET", "/answers/files/none").status == 404)
            // What the program itself has sent of the first one.
            #expect(
                try eventually {
                    try front.program?.log().contains { $0.contains("/plain.txt 200 ") && $0.contains(" 0B ") } == true
                })
        }

        @Test("lighttpd", .enabled(if: LighttpdServer.isInstalled))
        func lighttpd() throws {
            let files = try Files()
            let enabled = """
                "check-local" => "disable",
                "x-sendfile" => "enable", "x-sendfile-docroot" => ( "\(files.directory.path)/" ),
                """
            let front = try Front(.lighttpd, settings: files.settings) {
                $0.replacing(#""check-local" => "disable","#, with: enabled)
            }
            for name in ["plain.txt", "a%20b%2520%C3%BC.txt"] { try check(front, "/answers/files/\(name)") }
        }

        @Test(
            "Apache with mod_xsendfile",
            .enabled(if: ApacheServer.isInstalled && ApacheServer.hasModule("xsendfile"), "mod_xsendfile is not there"))
        func apache() throws {
            let files = try Files()
            let enabled = "CGIPassAuth On\nXSendFile On\nXSendFilePath \(files.directory.path)"
            let front = try Front(.apache, settings: files.settings, modules: ["xsendfile"]) {
                $0.replacing("CGIPassAuth On", with: enabled)
            }
            for name in ["plain.txt", "a%20b%2520%C3%BC.txt"] { try check(front, "/answers/files/\(name)") }
        }
    }
}
