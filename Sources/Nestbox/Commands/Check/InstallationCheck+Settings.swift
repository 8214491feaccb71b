import Configuration
import Glibc
import NestboxSessions

extension InstallationCheck {
    /// `nestbox.env` beside the program: who may read it, and whether the web server shows it.
    mutating func examineSettingsFile() {
        let path = "\(directory)/nestbox.env"
        var status = stat()
        guard lstat(path, &status) == 0 else {
            findings.append(
                errno == ENOENT
                    ? .ok("nestbox.env", "none in \(directory): the environment and the defaults count")
                    : .problem("nestbox.env", "\(path) cannot be examined: \(String(cString: strerror(errno)))"))
            return
        }
        if stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFREG {
            findings.append(.problem("nestbox.env", "\(path) is no file. Put one with lines NESTBOX_KEY=value there"))
            return
        }
        let values = ConfigurationSource.assignments(file: path).filter { !$0.value.isEmpty }
        let holdsSecret = values.contains { Self.isSecret($0.name, $0.value) } || Self.haveSessionSecret(values)
        let text = "\(path), mode \(Self.octal(status.st_mode))"
        if status.st_mode & 0o022 != 0 {
            findings.append(.problem("nestbox.env", "\(text): others can change it. Run chmod 600 \(path)"))
        } else if holdsSecret, status.st_mode & 0o044 != 0 {
            findings.append(
                .problem(
                    "nestbox.env",
                    "\(text): it holds a secret, and others can read it. Run chmod 600 \(path), and renew the secret if they "
                        + "have"))
        } else if status.st_mode & 0o044 != 0, values.contains(where: { !$0.name.hasPrefix("NESTBOX_") }) {
            findings.append(
                .warning(
                    "nestbox.env",
                    "\(text): others can read it, and it holds keys that are not Nestbox's, which may be secrets. "
                        + "Run chmod 600 \(path)"))
        } else if status.st_uid != user, user != 0 {
            findings.append(
                .warning(
                    "nestbox.env",
                    "\(text): it belongs to user \(status.st_uid), who can change it. Upload it as user \(user)"))
        } else {
            findings.append(.ok("nestbox.env", text))
        }
        let remedy = "Upload the .htaccess file of docs/shared-hosting.md"
        findings += Finding.exposure(
            of: path, as: "nestbox.env",
            remedy: holdsSecret ? "It holds a secret. \(remedy), and move the secret to a file elsewhere" : remedy)
    }

    /// Whether the web server's folder is known, without which nothing can be said of what it shows.
    mutating func examineWebRoot() {
        guard WebRoot.documentRoot == nil, WebRoot(around: directory) == nil else { return }
        findings.append(
            .warning(
                "web root",
                "\(directory) is in no folder whose name tells that a web server shows it. Set DOCUMENT_ROOT to that folder, "
                    + "and run this again"))
    }

    /// Whether a variable's value is for nobody else, by the last word of its name: `API_KEY`, `APP_SECRET_1`; paths of
    /// secrets and `PASSWORD_MIN_LENGTH` are none.
    static func isSecret(_ name: String, _ value: String) -> Bool {
        var name = name[...]
        while let last = name.utf8.last, last.isASCIIDigit || last == UInt8(ascii: "_") { name.removeLast() }
        let isNamed = ["SECRET", "PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "TOKEN", "KEY"].contains {
            name.hasSuffix($0)
        }
        return isNamed && !name.hasSuffix("ALLOW_WEAK_SECRET") && !value.isEmpty
    }

    /// Whether secrets of sessions are among variables, under whatever name is configured.
    private static func haveSessionSecret(_ values: [(name: String, value: String)]) -> Bool {
        let key = "NESTBOX_SESSION_SECRET_PREFIX"
        let prefix = values.last { $0.name == key }?.value ?? getenv(key).map { String(cString: $0) }
        let variables = Dictionary(values.map { ($0.name, $0.value) }) { $1 }
        return prefix.map { (try? SessionSecrets(environment: variables, prefix: $0)) != nil } ?? false
    }

    /// Where uploads are kept until a handler has read them.
    mutating func examineUploads(_ configuration: ApplicationConfiguration) {
        let directory = configuration.gateway.forms.directory
        var status = stat()
        if stat(directory, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR || access(directory, W_OK | X_OK) != 0 {
            let isConfigured = configuration.reader.string(forKey: "forms.directory") != nil
            let text =
                "\(directory) is no directory that user \(user) can write to, and larger uploads fail. "
                + "Make one, and name it in NESTBOX_FORMS_DIRECTORY"
            findings.append(isConfigured ? .problem("uploads", text) : .warning("uploads", text))
            return
        }
        findings.append(.ok("uploads", "\(directory) can be written to"))
        findings += Finding.exposure(
            of: directory, as: "uploads", remedy: "Name one elsewhere in NESTBOX_FORMS_DIRECTORY")
    }
}
