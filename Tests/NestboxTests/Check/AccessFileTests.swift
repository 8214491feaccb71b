import Glibc
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("what .htaccess keeps from visitors", .timeLimit(.minutes(1)))
struct AccessFileTests {
    static let files: [(text: String, all: Bool, settings: Bool)] = [
        ("", false, false), ("Require all granted\n", false, false), ("# Require all denied\n", false, false),
        ("Require all denied\n", true, true), ("  require  ALL denied\r\n", true, true),
        ("Deny from all\n", true, true),
        ("<IfModule mod_authz_core.c>\nRequire all denied\n</IfModule>\n", true, true),
        ("<Limit POST>\nRequire all denied\n</Limit>\n", false, false),
        ("<If \"false\">\nRequire all denied\n</If>\n", false, false),
        ("<Files nestbox.env>\nRequire all denied\n</Files>\n", false, true),
        ("<Files \"nestbox.env\">\nRequire all denied\n</Files>\n", false, true),
        ("<FilesMatch \"^(nestbox\\.env|secret)$\">\nRequire all denied\n</FilesMatch>\n", false, true),
        ("<Files other.env>\nRequire all denied\n</Files>\nRequire all granted\n", false, false),
        ("<Files not-nestbox.env>\nRequire all denied\n</Files>\n", false, false),
        ("<Files nestbox.env>\n</Files>\nSetHandler cgi-script\n", false, false),
        ("RewriteRule \"(^|/)nestbox\\.env$\" - [F]\n", false, true),
        ("RewriteRule ^nestbox\\.env$ - [END,F]\n", false, true),
        ("RewriteRule ^nestbox\\.env$ - [L]\n", false, false),
        ("RedirectMatch 404 /nestbox\\.env$\n", false, true), ("RedirectMatch 302 /nestbox\\.env$ /\n", false, false),
        ("</Files>\n<\n<>\n>\nRewriteRule\nRequire\n", false, false),
    ]

    @Test("is what it denies for certain", arguments: files)
    func closing(text: String, all: Bool, settings: Bool) {
        let file = AccessFile(text: text)
        #expect(file.closesAll == all)
        #expect(file.closes(name: "nestbox.env") == settings)
    }

    @Test("holds below a directory that it closes, and only there")
    func below() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path("public_html")
        for path in [root, "\(root)/data", "\(root)/open"] { mkdir(path, 0o755) }
        try directory.write("Require all denied\n", to: "public_html/data/.htaccess")
        let web = try #require(WebRoot(around: "\(root)/data/sessions", documentRoot: nil))
        #expect(web.path.hasSuffix("/public_html") && !web.isCertain)
        #expect(web.closes("\(root)/data/sessions/v1"))
        #expect(web.closes("\(root)/data"))
        #expect(!web.closes("\(root)/open/sessions"))
        #expect(!web.closes(directory.path))
        let named = try #require(WebRoot(around: "\(root)/open", documentRoot: root))
        #expect(named.isCertain)
        #expect(WebRoot(around: directory.path("data"), documentRoot: root) == nil)
    }

    @Test(
        "matters below what hosts call their web roots",
        arguments: [
            ("/home/ada/public_html/x", "/home/ada/public_html"), ("/var/www/html/x", "/var/www/html"),
            ("/var/www/x", nil), ("/home/ada/www/x", "/home/ada/www"), ("/home/ada/data", nil), ("/public_html/x", nil),
            ("relative/htdocs", nil), ("", nil),
        ] as [(String, String?)])
    func names(path: String, root: String?) {
        #expect(WebRoot(around: path, documentRoot: nil)?.path == root)
    }
}
