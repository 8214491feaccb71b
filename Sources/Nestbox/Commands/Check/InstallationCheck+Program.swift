import Glibc

extension InstallationCheck {
    /// The program's file: its name, who may run and change it, and what it needs of the host.
    mutating func examineProgram() {
        var status = stat()
        guard lstat(program, &status) == 0 else {
            findings.append(
                .problem(
                    "program", "\(program) cannot be examined: \(String(cString: strerror(errno))). Call it by its path"
                ))
            return
        }
        examineName()
        if status.st_mode & S_IFMT == S_IFLNK { examineLink() }
        guard stat(program, &status) == 0 else { return }
        examineMode(status.st_mode)
        examineOwner(status.st_uid)
        examineFolder(of: status)
        examineImage()
    }

    private mutating func examineName() {
        if name.hasPrefix("nph-") {
            findings.append(
                .problem(
                    "name",
                    "\(name) begins with nph-, and the web server would pass on what the program writes as it is. Rename it"
                ))
        } else if name.hasSuffix(".cgi") || name.hasSuffix(".fcgi") {
            findings.append(.ok("name", name))
        } else {
            findings.append(
                .warning(
                    "name",
                    "\(name) ends with neither .cgi nor .fcgi: shared hosts start no other files, and may send it to visitors. "
                        + "A server of your own may not mind"))
        }
    }

    private mutating func examineLink() {
        let target = Self.real(program) ?? "nothing"
        findings.append(
            .warning(
                "link",
                "\(program) is a symbolic link to \(target): suexec starts no links, and nestbox.env is looked for beside the "
                    + "file itself. Put the file here"))
    }

    private mutating func examineMode(_ mode: mode_t) {
        let text = Self.octal(mode)
        if mode & 0o6000 != 0 {
            findings.append(
                .problem("mode", "\(text): it changes the user or group when it is started. Run chmod 755 \(program)"))
        } else if mode & 0o022 != 0 {
            findings.append(
                .problem(
                    "mode", "\(text): others can change it, and suexec does not start it then. Run chmod 755 \(program)"
                ))
        } else if mode & 0o100 == 0 {
            findings.append(.problem("mode", "\(text): its owner cannot start it. Run chmod 755 \(program)"))
        } else if mode & 0o001 == 0 {
            findings.append(
                .warning(
                    "mode",
                    "\(text): not every user can start it. That is right where the host runs programs as their owner "
                        + "(suexec); else run chmod 755 \(program)"))
        } else {
            findings.append(.ok("mode", text))
        }
    }

    private mutating func examineOwner(_ owner: uid_t) {
        if user == 0 {
            findings.append(
                .warning(
                    "owner",
                    "this runs as root, who may do everything. Run it as the user that the web server starts the program as"
                ))
        } else if owner != user {
            findings.append(
                .warning(
                    "owner",
                    "the file belongs to user \(owner), and this runs as user \(user): suexec starts only its user's own files. "
                        + "Upload it as user \(user)"))
        } else {
            findings.append(.ok("owner", "user \(owner), who runs this"))
        }
    }

    private mutating func examineFolder(of file: stat) {
        var status = stat()
        guard stat(directory, &status) == 0 else { return }
        let text = "\(directory), mode \(Self.octal(status.st_mode))"
        if status.st_mode & 0o022 != 0 {
            findings.append(
                .problem(
                    "folder",
                    "\(text): others can put another program in its place, and suexec starts none from there. "
                        + "Run chmod 755 \(directory)"))
        } else if status.st_uid != file.st_uid {
            findings.append(
                .warning(
                    "folder",
                    "\(text): it belongs to user \(status.st_uid), the program to user \(file.st_uid). suexec wants one owner"
                ))
        } else {
            findings.append(.ok("folder", text))
        }
    }

    private mutating func examineImage() {
        guard let image = ProgramImage(file: program) else {
            findings.append(
                .problem("file", "it is not the ELF file that it should be. Upload it again, in binary mode"))
            return
        }
        if image.isStatic {
            findings.append(.ok("file", "static, for \(image.processor): it needs no library of the host"))
            return
        }
        let libraries = image.libraries.joined(separator: ", ")
        let glibc = image.glibc.map { ", glibc \($0) or later" } ?? ""
        findings.append(
            .warning(
                "file",
                "dynamic, for \(image.processor): it needs \(image.interpreter ?? "a loader")\(glibc), and \(libraries). "
                    + "make cgi makes one that needs nothing"))
    }
}
