import Glibc
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("what .htaccess keeps from visitors", .timeLimit(.minutes(1)))
struct AccessFileTests {
    /// The text, whether it closes the directory, and whether it closes `nestbox.env`.
    static let files: [(text: String, all: Bool, settings: Bool)] = [
        ("", false, false), ("Require all granted\n", false, false), ("# Require all denied\n", false, false),
        ("Require all denied\n", true, true), ("  require  ALL denied\r\n", true, true),
        ("Deny from all\n", true, true),
        ("<IfModule mod_authz_core.c>\nRequire all denied\n</IfModule>\n", true, true),
        ("<Limit POST>\nRequire all denied\n</Limit>\n", false, false),
        ("<If \"false\">\nRequire all denied\n</If>\n", false, false),
        ("<Files nestbox.env>\nRequire all denied\n</Files>\n", false, true),
        ("<Files \"nestbox.env\">\nRequire all denied\n</Files>\n", false, true),
        ("<Files *.env>\nRequire all denied\n</Files>\n", false, true),
        ("<Files ~ \"\\.env$\">\nRequire all denied\n</Files>\n", false, true),
        ("<FilesMatch \"^(nestbox\\.env|secret)$\">\nRequire all denied\n</FilesMatch>\n", false, true),
        ("<FilesMatch \"^(?=nestbox)\">\nRequire all denied\n</FilesMatch>\n", false, false),
        ("<Files other.env>\nRequire all denied\n</Files>\nRequire all granted\n", false, false),
        ("<Files not-nestbox.env>\nRequire all denied\n</Files>\n", false, false),
        ("<Files nestbox.env>\n</Files>\nSetHandler cgi-script\n", false, false),
        ("RewriteEngine On\nRewriteRule \"(^|/)nestbox\\.env$\" - [F]\n", false, true),
        ("RewriteEngine On\nRewriteRule ^nestbox\\.env$ - [END,F]\n", false, true),
        ("RewriteEngine On\nRewriteRule ^NESTBOX\\.ENV$ - [NC,R=404]\n", false, true),
        ("RewriteEngine On\nRewriteRule !^open/ - [F]\n", true, true),
        ("RewriteEngine On\nRewriteRule ^nestbox\\.env$ - [L]\n", false, false),
        ("RewriteEngine On\nRewriteRule ^\\w+\\.env$ - [F]\n", false, false),
        ("RedirectMatch 404 /nestbox\\.env$\n", false, true), ("RedirectMatch 302 /nestbox\\.env$ /\n", false, false),
        ("</Files>\n<\n<>\n>\nRewriteRule\nRequire\n\"\n", false, false),
        // What closes nothing, or not for everyone.
        ("RewriteRule ^nestbox\\.env$ - [F]\n", false, false),
        ("RewriteEngine On\nRewriteEngine Off\nRewriteRule ^nestbox\\.env$ - [F]\n", false, false),
        ("RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^nestbox\\.env$ - [F]\n", false, false),
        ("RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^x - [L]\nRewriteRule env - [F]\n", false, true),
        ("RewriteEngine On\nRewriteRule ^x - [C]\nRewriteRule env - [F]\n", false, false),
        (
            "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^ - [L]\nRewriteRule env - [F]\n", false,
            false
        ),
        ("Require all denied\nRequire all granted\n", false, false),
        ("Require all granted\nRequire all denied\n", false, false),
        ("Require all denied\nRequire ip 192.0.2.1\n", false, false),
        ("Deny from all\nAllow from 192.0.2.1\n", false, false),
        ("Require all denied\n<If \"true\">\nRequire all granted\n</If>\n", false, false),
        ("<IfModule not_there>\nRequire all denied\n</IfModule>\n", false, false),
        ("<IfModule !mod_authz_core.c>\nRequire all denied\n</IfModule>\n", false, false),
        ("<Files nestbox.env>\nRequire all denied\nRequire all granted\n</Files>\n", false, false),
        ("<Files nestbox.env>\nRequire all denied\n</Files>\n<Files *>\nRequire all granted\n</Files>\n", false, false),
        ("Require all denied\n<Files *.env>\nRequire all granted\n</Files>\n", true, false),
    ]

    @Test("is what it denies for certain", arguments: files)
    func closing(text: String, all: Bool, settings: Bool) {
        let file = AccessFile(text: text)
        #expect([file].close(["any.html"]) == all)
        #expect([file].close(["nestbox.env"]) == settings)
    }

    /// The texts in the root and in the directory `app`, and whether `app/nestbox.env` is closed.
    static let pairs: [(root: String, app: String, isClosed: Bool)] = [
        ("Require all denied\n", "", true), ("Require all denied\n", "Require all granted\n", false),
        ("Require all granted\n", "Require all denied\n", true),
        ("<Files nestbox.env>\nRequire all denied\n</Files>\n", "", true),
        ("<Files nestbox.env>\nRequire all denied\n</Files>\n", "Require all granted\n", true),
        ("<Files nestbox.env>\nRequire all denied\n</Files>\n", "<Files *.env>\nAllow from all\n</Files>\n", false),
        ("RewriteEngine On\nRewriteRule (^|/)nestbox\\.env$ - [F]\n", "", true),
        ("RewriteEngine On\nRewriteRule ^nestbox\\.env$ - [F]\n", "", false),
        ("RewriteEngine On\nRewriteRule ^app/ - [F]\n", "", true),
        ("RewriteEngine On\nRewriteRule nestbox - [F]\n", "RewriteEngine On\n", false),
        ("RewriteEngine On\nRewriteRule nestbox - [F]\n", "RewriteEngine Off\n", false),
        ("RewriteEngine On\n", "RewriteRule ^nestbox - [F]\n", true),
        ("RedirectMatch 403 ^/app/nestbox\n", "RewriteEngine On\n", true),
    ]

    @Test("holds in the directories below, unless they say otherwise", arguments: pairs)
    func directories(root: String, app: String, isClosed: Bool) {
        #expect([AccessFile(text: root), AccessFile(text: app)].close(["app", "nestbox.env"]) == isClosed)
    }

    @Test("is right for the shipped file")
    func shipped() throws {
        let run = try CommandRun(["config", "htaccess", "--program", "a.cgi"])
        for path in [["nestbox.env"], ["app", "nestbox.env"], ["nestbox.env~"]] {
            let file = AccessFile(text: run.text)
            #expect([file].close(path))
            #expect(![file].close(path.dropLast() + ["style.css"]))
        }
    }

    @Test("holds below a directory that it closes, and only there")
    func below() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path("public_html")
        for path in [root, "\(root)/data", "\(root)/open"] { mkdir(path, 0o755) }
        try directory.write("Require all denied\n", to: "public_html/data/.htaccess")
        let web = try #require(WebRoot(around: "\(root)/data/sessions", documentRoot: nil))
        #expect(web.path.hasSuffix("/public_html"))
        #expect(web.closes("\(root)/data/sessions/v1"))
        #expect(web.closes("\(root)/data"))
        #expect(!web.closes("\(root)/open/sessions"))
        #expect(!web.closes(directory.path) && !web.closes("\(root)-not/data"))
        let named = try #require(WebRoot(around: "\(root)/open", documentRoot: root))
        #expect(named.path == InstallationCheck.real(root))
        #expect(WebRoot(around: directory.path("data"), documentRoot: root) == nil)
    }

    @Test(
        "matters below what hosts call their web roots",
        arguments: [
            ("/home/ada/public_html/x", "/home/ada/public_html"), ("/var/www/html/x", "/var/www/html"),
            ("/var/www/x", nil), ("/home/ada/www/x", "/home/ada/www"),
            ("/home/ada/web/app/x", "/home/ada/web"), ("/home/ada/data", nil), ("/public_html/x", nil),
            ("relative/htdocs", nil), ("", nil),
        ] as [(String, String?)])
    func names(path: String, root: String?) {
        #expect(WebRoot(around: path, documentRoot: nil)?.path == root)
    }
}
