import Configuration
import Glibc

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
        let holdsSecret = ConfigurationSource.assignments(file: path).contains { Self.isSecret($0.name, $0.value) }
        let text = "\(path), mode \(Self.octal(status.st_mode))"
        if status.st_mode & 0o022 != 0 {
            findings.append(.problem("nestbox.env", "\(text): others can change it. Run chmod 600 \(path)"))
        } else if holdsSecret, status.st_mode & 0o044 != 0 {
            findings.append(
                .problem(
                    "nestbox.env",
                    "\(text): it holds a secret, and others can read it. Run chmod 600 \(path), and renew the secret if they "
                        + "have"))
        } else if status.st_uid != user, user != 0 {
            findings.append(
                .warning(
                    "nestbox.env",
                    "\(text): it belongs to user \(status.st_uid), who can change it. Upload it as user \(user)"))
        } else {
            findings.append(.ok("nestbox.env", text))
        }
        let remedy = "Upload the .htaccess file of docs/shared-hosting.md"
        examineExposure(
            of: path, as: "nestbox.env",
            remedy: holdsSecret ? "It holds a secret. \(remedy), and move the secret to a file elsewhere" : remedy)
    }

    /// Whether a variable's value is for nobody else; paths of secrets are no secrets.
    private static func isSecret(_ name: String, _ value: String) -> Bool {
        let isNamed = ["SECRET", "PASSWORD", "TOKEN"].contains { name.contains($0) }
        let isAbout = ["_FILE", "_PREFIX", "ALLOW_WEAK_SECRET"].contains { name.hasSuffix($0) }
        return isNamed && !isAbout && !value.isEmpty
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
        examineExposure(
            of: directory, as: "uploads", remedy: "Name one elsewhere in NESTBOX_FORMS_DIRECTORY")
    }

    /// Says when the web server shows something that is for nobody.
    mutating func examineExposure(of path: String, as subject: String, remedy: String) {
        guard let root = WebRoot(around: path) else { return }
        let text = "it is below \(root.path), where the web server shows files"
        findings.append(
            root.closes(path)
                ? .ok(subject, "\(text); .htaccess keeps it from visitors")
                : .problem(subject, "\(text), and no .htaccess keeps it from visitors. \(remedy)"))
    }
}
