/// A file `.htaccess` for a folder of a shared host, where the program is the answer to every path.
///
/// What it says with the defaults is the shipped `apache/htaccess/public_html.htaccess`.
struct HtaccessFile: Sendable {
    /// The name of the program's file in that folder.
    let file: String
    /// The program's name.
    private var name: String { file.split(separator: ".").first.map(String.init) ?? file }

    /// The options that the command has for this.
    static let commandOptions = [
        ConfigurationOption(
            "program", "The name of the program's file in the folder. Default: that of this one, with .cgi.")
    ]

    init(_ context: CommandContext) throws(StartError) {
        let given = context.option("program")?.split(separator: "/").last.map(String.init)
        let own = CommandLine.programFile
        file = given ?? (own.hasSuffix(".cgi") || own.hasSuffix(".fcgi") ? own : "\(own).cgi")
        guard file.utf8.allSatisfy({ $0.isASCIIAlphanumeric || "-_.".utf8.contains($0) }),
            file.hasSuffix(".cgi") || file.hasSuffix(".fcgi"), file.first != ".", file.first != "-"
        else {
            throw StartError(
                "--program=\(file.printable): hosts start files of letters, digits, - and _ that end in .cgi or .fcgi",
                isUsage: true)
        }
    }

    var text: String {
        """
        # The .htaccess file of a folder that a shared host shows, usually public_html: every path is one Nestbox program's, unless it
        # is a file that is there. The folder may be the root of a site or any below it. Works with Apache 2.4.26 and later, and needs
        # no more than AllowOverride FileInfo.
        #
        #   1. Upload the program (make cgi APP=\(name) makes \(file)) to the folder; chmod 755 \(file).
        #   2. Change the last line, if the program has another name.
        #   3. Upload this file to the folder, as .htaccess, and open the folder's address.
        #
        # docs/shared-hosting.md has the steps, and what to do when they fail.

        # The program reads it. It never needs a visitor, nor does what an editor keeps beside it.
        RewriteEngine On
        RewriteRule "nestbox\\.env" - [F]
        # What begins with a dot, but for .well-known, where certificates are made.
        RewriteRule "(^|/)\\.(?!well-known(/|$))" - [F]

        # A program with the suffix .cgi is started for each request, one with .fcgi for many of them, where the host has mod_fcgid;
        # both are the same file. What the host does not start is not to be had as a file either.
        <FilesMatch "\\.cgi$">
            SetHandler cgi-script
        </FilesMatch>
        <FilesMatch "\\.fcgi$">
            SetHandler fcgid-script
        </FilesMatch>
        <IfModule !mod_cgi.c>
            <IfModule !mod_cgid.c>
                RewriteRule "\\.cgi(/|$)" - [F]
            </IfModule>
        </IfModule>
        <IfModule !mod_fcgid.c>
            RewriteRule "\\.fcgi(/|$)" - [F]
        </IfModule>

        # When the log says "Options ExecCGI is off in this directory": this line without its #, if the host allows it. Else the
        # program belongs in the host's cgi-bin folder, and /cgi-bin/\(file) in the last line.
        # Options +ExecCGI

        # Apache keeps the field Authorization from programs, if nobody hands it on.
        RewriteCond "%{HTTP:Authorization}" "."
        RewriteRule "^" - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]

        # A program that is asked for by its name, by the last line too, stays what it is.
        RewriteRule "\\.f?cgi(/|$)" - [END]

        # Files are sent as they are, but for secrets, databases, logs, and what uploads leave behind.
        RewriteCond "%{REQUEST_FILENAME}" -f
        RewriteRule "(\\.(env|secret|(sqlite|db)3?(-[a-z]+)?|log(\\.[0-9]+)?|new|old|orig|save|bak|sw[nop]|tmp)|~)$" - [F,NC]
        RewriteCond "%{REQUEST_FILENAME}" -f
        RewriteRule "^" - [END]

        # Everything else. What is left of the path is encoded again (B) where it would mean something else.
        # yours: the program
        RewriteRule "^(.*)$" "\(file)/$1" [B=%?#,L]

        """
    }
}
