import NestboxSessions

extension SessionDoctor {
    /// Where secrets come from, how many there are, which one signs, and whether they can be guessed.
    mutating func examineSecrets() {
        let secrets: SessionSecrets?
        do {
            secrets = try sessions.secretFile.map { try SessionSecrets(file: $0) } ?? sessions.secrets
        } catch {
            findings.append(.problem("secrets", "\(error)"))
            return
        }
        guard let secrets else { return examineAbsence() }
        let origin = sessions.secretFile ?? sessions.secretsOrigin ?? "the program's code"
        if let file = sessions.secretFile {
            findings += Finding.exposure(of: file, as: "secrets", remedy: "Move it")
        }
        if secrets.count == 1 {
            findings.append(.ok("secrets", "one, from \(origin), of \(secrets.weakest) bytes"))
        } else {
            let order = sessions.secretFile == nil ? "the last one, with the highest number" : "the last line"
            findings.append(
                .ok(
                    "secrets",
                    "\(secrets.count), from \(origin), the shortest of \(secrets.weakest) bytes; \(order), signs, and all "
                        + "are read (in gorilla, Rack, Express and Django the first one signs: mind the order)"))
        }
        guard secrets.weakest < SessionConfiguration.leastSecret else { return }
        let text =
            "the shortest has \(secrets.weakest) bytes, which can be guessed: \(SessionConfiguration.leastSecret) is the "
            + "least. `session keygen` makes a good one"
        findings.append(sessions.allowsWeakSecrets ? .warning("secrets", text) : .problem("secrets", text))
    }

    private mutating func examineAbsence() {
        let remedy = "Run `session keygen /etc/\(context.program).secret` and set NESTBOX_SESSION_SECRET_FILE to it"
        switch sessions.store {
        case .cookie where !sessions.allowsMissingSecret:
            findings.append(.problem("secrets", "none, and sessions in cookies need one. \(remedy)"))
        case .cookie:
            findings.append(.warning("secrets", "none: a random one ends all sessions with the process. \(remedy)"))
        case .file where sessions.file.signing == .true:
            findings.append(.problem("secrets", "none, and session.file.sign=true needs one. \(remedy)"))
        case .file:
            findings.append(
                .warning("secrets", "none: whoever can write in the directory can make up sessions. \(remedy)"))
        case .memory: findings.append(.ok("secrets", "none, and none is needed"))
        }
    }
}
