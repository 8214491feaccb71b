import NestboxHTTP
import NestboxSessions

extension SessionConfiguration {
    init(_ values: ConfigurationValues) throws(StartError) {
        self.init()
        try values.set(&store, "session.store")
        try readSecrets(values)
        try values.set(&applicationID, "session.appID", "1 to 255 bytes") {
            (1...255).contains($0.utf8.count) ? $0 : nil
        }
        try cookie.read(values)

        try values.set(&maxAge, "session.maxAge")
        try values.set(&idleTimeout, "session.idleTimeout")
        try values.set(&rememberMaxAge, "session.rememberMaxAge")
        try values.set(&rotateInterval, "session.rotateInterval")
        try values.set(&rotationGrace, "session.rotationGrace")
        try values.set(&touchInterval, "session.touchInterval")

        try values.set(&protection, "session.protection")
        try values.set(&digest, "session.signature")
        salt = try values.value("session.salt", "a text") { $0 }
        try values.set(&compatibility, "session.compat", "flat or blacksheep") { text in
            ["flat": .flat, "blacksheep": .blackSheep][text.lowercased()]
        }
        try values.set(&revocation, "session.revocation")
        maxBytes = try values.value("session.maxBytes", "a number from 256 to 67108864") { text in
            Int(text).flatMap { (256...(64 << 20)).contains($0) ? $0 : nil }
        }
        try values.set(&locking, "session.locking")
        try values.set(&lockTimeout, "session.lockTimeout")
        try values.set(&onStoreFailure, "session.onStoreFailure")
        try values.set(&binding.subject, "session.bind")
        try values.set(&binding.action, "session.bindAction")

        file.directory = try values.path("session.file.directory")
        try values.set(&file.signing, "session.file.sign")
        try values.set(&file.durability, "session.file.durability", "none or sync") {
            ["none": .none, "sync": .sync][$0]
        }
        try values.set(&file.isAllowedInDocumentRoot, "session.file.allowInDocroot")
        try values.set(&sweepProbability, "session.gcProbability", "a number from 0 to 1") { text in
            Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
        try values.set(&sweepInterval, "session.gcInterval")
    }

    /// Reads the secrets, which stand in one place only: two lists have no order.
    private mutating func readSecrets(_ values: ConfigurationValues) throws(StartError) {
        let isDevelopment = try values.isDevelopment
        allowsWeakSecrets = isDevelopment
        allowsMissingSecret = isDevelopment
        try values.set(&allowsWeakSecrets, "session.allowWeakSecret")

        var places: [String] = []
        var prefix = "APP_SECRET"
        try values.set(&prefix, "session.secretPrefix", "letters, digits and underscores") { text in
            let isName = text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") }
            return !text.isEmpty && isName ? text : nil
        }
        do throws(SessionSecretsError) {
            for source in values.sources {
                let variables = Dictionary(source.others.map { ($0.name, $0.value) }) { $1 }
                guard let numbered = try SessionSecrets(environment: variables, prefix: prefix) else { continue }
                secrets = numbered
                places.append("\(prefix)_<n> in \(source.name)")
                break
            }
        } catch {
            throw StartError(error)
        }
        // What is wrong with it is said without it.
        if let secret = try values.value("session.secret", "a text", { $0 }) {
            guard let given = try? SessionSecrets([secret]) else {
                throw StartError("session.secret is empty: give it a text of at least 32 bytes")
            }
            secrets = given
            places.append("session.secret")
        }
        secretFile = try values.path("session.secretFile")
        if secretFile != nil { places.append("session.secretFile") }
        secretsOrigin = secrets == nil ? nil : places.first
        guard places.count < 2 else {
            throw StartError(
                "secrets stand in more than one place: \(places.joined(separator: " and ")). Keep one, so that it is "
                    + "clear which secret is the newest")
        }
    }
}

extension SessionCookie {
    mutating func read(_ values: ConfigurationValues) throws(StartError) {
        try values.set(&name, "session.cookie.name", "a name") { $0 }
        try values.set(&path, "session.cookie.path", "a path or auto") { $0 }
        domain = try values.value("session.cookie.domain", "a host name") { $0.isEmpty ? nil : $0 }
        try values.set(&secure, "session.cookie.secure")
        try values.set(&isHTTPOnly, "session.cookie.httpOnly")
        try values.set(&sameSite, "session.cookie.sameSite", "strict, lax, none or off") { text in
            text == "off" ? .unspecified : text == "unspecified" ? nil : Cookie.SameSite(rawValue: text.lowercased())
        }
        try values.set(&isPartitioned, "session.cookie.partitioned")
        try values.set(&prefix, "session.cookie.prefix")
        try values.set(&isPersistent, "session.cookie.persistent")
    }
}

extension ConfigurationValues {
    /// Whether the program runs where its author works.
    var isDevelopment: Bool {
        get throws(StartError) {
            try value("environment", "production or development") { text in
                ["production": false, "development": true][text]
            } ?? false
        }
    }

    /// One of some words.
    fileprivate func set<Value: RawRepresentable & CaseIterable>(
        _ target: inout Value, _ key: String
    ) throws(StartError) where Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue)
        let list = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        try set(&target, key, list) { Value(rawValue: $0.lowercased()) }
    }

    fileprivate func set(_ target: inout Bool, _ key: String) throws(StartError) {
        try set(&target, key, "true or false") { ["true": true, "false": false][$0.lowercased()] }
    }

    /// Whole seconds.
    fileprivate func set(_ target: inout Int64, _ key: String) throws(StartError) {
        try set(&target, key, Self.seconds) { Self.seconds($0) }
    }

    /// Whole seconds, or `none`.
    fileprivate func set(_ target: inout Int64?, _ key: String) throws(StartError) {
        let value = try value(key, "\(Self.seconds), or none") { text -> Int64?? in
            text.lowercased() == "none" ? .some(nil) : Self.seconds(text).map { .some($0) }
        }
        if let value { target = value }
    }

    /// A hundred years, after which no one looks.
    private static let longest: Int64 = 3_155_760_000
    private static let seconds = "a whole number of seconds from 1 to \(longest)"
    private static func seconds(_ text: String) -> Int64? {
        Int64(text).flatMap { (1...longest).contains($0) ? $0 : nil }
    }
}
