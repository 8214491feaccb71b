import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration.ExamplesInBrowserTests {
    @Suite("Upload")
    struct UploadTests {
        /// The example behind nginx, and files on the visitor's machine.
        private final class Site {
            let directory: TemporaryDirectory
            let nginx: NginxServer
            private let program: ExampleProgram

            init() throws {
                directory = try TemporaryDirectory()
                program = try ExampleProgram("Upload", environment: ["NESTBOX_UPLOAD_FOLDER": directory.path("kept")])
                nginx = try NginxServer(before: program.socket)
            }

            var kept: [String] { File.names(in: directory.path("kept")) }

            /// Makes a file of the visitor's.
            func file(_ name: String, _ bytes: [UInt8]) throws -> String {
                let path = directory.path(name)
                let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                defer { close(descriptor) }
                guard write(descriptor, bytes, bytes.count) == bytes.count else { throw File.SystemError(path) }
                return path
            }

            /// Posts a form with one file, as a client could that is no browser.
            func post(filename: String, content: String) throws -> HTTPConnection.Response {
                let body = """
                    --x\r\nContent-Disposition: form-data; name="files"; filename="\(filename)"\r\n\
                    Content-Type: text/html\r\n\r\n\(content)\r\n--x--\r\n
                    """
                return try nginx.request(
                    "POST", "/", headers: [("Content-Type", "multipart/form-data; boundary=x")], body: Array(body.utf8))
            }
        }

        private func choose(_ paths: String..., in browser: Browser) throws {
            try browser.withElement("#files") { element in
                _ = try browser.call(
                    "POST", "/element/\(element)/value", ["text": .string(paths.joined(separator: "\n"))])
            }
        }

        @Test("takes a file, shows how far it is, and gives it back whole or in part")
        func upload() throws {
            let site = try Site()
            let name = "Möwe & 'Ente' <b>.bin"
            let content = Array("0123456789".utf8) + Integration.BodyTests.pattern(5 << 20)
            let path = try site.file(name, content)
            let browser = try Browser()
            try browser.open(site.nginx.url("/"))
            #expect(try browser.text(of: "h2") == "0 files")
            try choose(path, in: browser)
            try browser.run(
                """
                window.seen = [];
                new MutationObserver(() => window.seen.push(document.querySelector('progress').value))
                    .observe(document.querySelector('progress'), {attributes: true});
                """)
            try browser.click("form button")
            try browser.wait(until: "the file is in the list") { try browser.count(of: "li") == 1 }
            // The page was not left, and the bar has gone from its beginning to its end.
            let seen = try #require(try browser.run("return window.seen").array)
            #expect(seen.first == 0 && seen.last == 1, "\(seen)")
            #expect(try browser.text(of: "output") == "100 %")
            #expect(try browser.text(of: "li a") == name)
            #expect(try browser.count(of: "li b") == 0)
            #expect(try browser.text(of: "li span").hasPrefix("5.0 MB"))
            try browser.screenshot().keep(as: "upload")

            #expect(site.kept == [name])
            let answer = try browser.run(
                """
                return fetch(document.querySelector('li a').href, {headers: {Range: 'bytes=5-9'}}).then(async answer =>
                    [answer.status, answer.headers.get('content-range'), await answer.text()]);
                """)
            #expect(answer == [206, .string("bytes 5-9/\(content.count)"), "56789"])
            let link = try #require(try browser.run("return document.querySelector('li a').pathname").string)
            let whole = try site.nginx.request("GET", link)
            #expect(whole.body == content)
            #expect(
                whole.field("Content-Disposition")?.hasPrefix("attachment; filename=\"M_we & 'Ente' <b>.bin\"") == true)
            // The page of a later visitor has it, too.
            try browser.refresh()
            #expect(try browser.text(of: "h2") == "1 file")
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        @Test("takes several files at once, on a phone and without its script, and numbers those of one name")
        func withoutScript() throws {
            let site = try Site()
            let paths = try ["gull.txt", "tern.txt"].map { try site.file($0, Array($0.utf8)) }
            let browser = try Browser(width: 390, height: 844)
            try browser.open(site.nginx.url("/"))
            for _ in 1...2 {
                try choose(paths[0], paths[1], in: browser)
                // Sends the form past the script, as the browser itself does.
                try browser.load { try browser.run("document.querySelector('form').submit()") }
            }
            #expect(site.kept == ["gull (2).txt", "gull.txt", "tern (2).txt", "tern.txt"])
            #expect(try browser.path == "/")
            #expect(try browser.count(of: "li") == 4)
            #expect(try browser.run("return document.documentElement.scrollWidth") == 390)
            try browser.screenshot().keep(as: "upload-phone")
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        @Test("says in the page what is too large, before it is sent or after")
        func tooLarge() throws {
            let site = try Site()
            let path = try site.file("large.bin", [UInt8](repeating: 7, count: 11 << 20))
            let browser = try Browser(width: 390, height: 844)
            try browser.open(site.nginx.url("/"))
            try choose(path, in: browser)
            try browser.click("form button")
            try browser.wait(until: "there is a message") {
                try browser.text(of: "#message") == "large.bin is too large."
            }
            // The script may be wrong: the application is not.
            try browser.run("document.querySelector('#files').dataset.largest = Infinity")
            try browser.click("form button")
            let message = "That is too much: a file may have 10 MB, and all together 16 MB."
            try browser.wait(until: "there is another") { try browser.text(of: "#message") == message }
            try browser.screenshot().keep(as: "upload-too-large-phone")
            try browser.load { try browser.run("document.querySelector('form').submit()") }
            #expect(try browser.text(of: "[role=alert]") == message)
            #expect(site.kept.isEmpty)
        }

        @Test(
            "keeps files in its folder, whatever their names say",
            arguments: [
                ("../../evil.html", "evil.html"), (#"C:\\evil.html"#, "evil.html"), ("..", "file"),
                (".htaccess", "htaccess"),
                (".\u{301}hidden", "\u{301}hidden"),
                (
                    "a" + String(repeating: "\u{301}", count: 200) + ".txt",
                    "a" + String(repeating: "\u{301}", count: 99) + ".txt"
                ),
                ("a%2Fb.txt", "a%2Fb.txt"), ("<script>.html", "<script>.html"),
                (String(repeating: "ü", count: 300) + ".txt", String(repeating: "ü", count: 100) + ".txt"),
            ])
        func names(filename: String, kept: String) throws {
            let site = try Site()
            #expect(try site.post(filename: filename, content: "<script>alert(1)</script>").status == 303)
            #expect(site.kept == [kept])
            let page = try site.nginx.request("GET", "/").text
            #expect(!page.contains("<script>.html"))
            let link = try #require(page.firstMatch(of: #/href="(files/[^"]+)"/#)?.output.1)
            let answer = try site.nginx.request(
                "GET", "/\(link.replacing("&#39;", with: "'").replacing("&amp;", with: "&"))")
            #expect(answer.text == "<script>alert(1)</script>")
            #expect(answer.field("Content-Disposition")?.hasPrefix("attachment") == true)
            #expect(answer.field("X-Content-Type-Options") == "nosniff")
        }

        @Test("says in the page that there is no room, before it keeps the first file")
        func full() throws {
            let site = try Site()
            // A hidden one takes room, too.
            for number in 1...98 { _ = try site.file("kept/\(number == 1 ? ".1" : "\(number)")", []) }
            let part = """
                --x\r\nContent-Disposition: form-data; name="files"; filename="f"\r\n\r\n1\r\n
                """
            func post(_ count: Int) throws -> HTTPConnection.Response {
                try site.nginx.request(
                    "POST", "/", headers: [("Content-Type", "multipart/form-data; boundary=x")],
                    body: Array((String(repeating: part, count: count) + "--x--\r\n").utf8))
            }
            let answer = try post(3)
            #expect(answer.status == 507)
            #expect(answer.text.contains("There is no room for more than 100 files."))
            #expect(answer.text.contains("<form"))
            #expect(site.kept.count == 98)
            #expect(try post(2).status == 303)
            #expect(site.kept.count == 100)
        }

        @Test("takes nothing but forms")
        func malformed() throws {
            let site = try Site()
            let answer = try site.nginx.request(
                "POST", "/", headers: [("Content-Type", "multipart/form-data; boundary=x")], body: Array("nothing".utf8)
            )
            #expect(answer.status == 400)
            #expect(try site.nginx.request("POST", "/", body: []).status == 415)
        }
    }
}
