import NestboxGateway
import NestboxHTTP

/// Values of a configuration, checked; what is wrong with one is said with its key as the user wrote it.
struct ConfigurationValues {
    let sources: [ConfigurationSource]
    let options: [ConfigurationOption]

    /// The value of a key, or `nil` without one.
    /// - Parameters:
    ///   - key: The key.
    ///   - expected: What the value may be, for the message.
    ///   - read: Makes the value of the text, or `nil` when it is none.
    func value<Value>(
        _ key: String, _ expected: String, _ read: (String) throws -> Value?
    ) throws(StartError) -> Value? {
        guard let option = options.first(where: { $0.key == key }) else { return nil }
        for source in sources {
            guard let text = source.values[option.variable] else { continue }
            let name = source.spelling(of: option)
            do {
                if let value = try read(text) { return value }
            } catch {
                throw StartError("\(name)=\(text) in \(source.name): \(error)")
            }
            throw StartError("\(name)=\(text) in \(source.name): the value must be \(expected)")
        }
        return nil
    }

    func set<Value>(
        _ target: inout Value, _ key: String, _ expected: String, _ read: (String) throws -> Value?
    ) throws(StartError) {
        if let value = try value(key, expected, read) { target = value }
    }

    func set(_ target: inout Int, _ key: String, in range: ClosedRange<Int>) throws(StartError) {
        try set(&target, key, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A path; a relative one starts at the directory of the program's file.
    func path(_ key: String) throws(StartError) -> String? {
        try value(key, "a path") { text in
            let path = FileRoot.absolute(text)
            if path.isEmpty || text.utf8.contains(where: { $0 < 0x20 }) { return nil }
            return text.hasPrefix("/") ? text : path
        }
    }

    /// Seconds, with a fraction if need be.
    func set(_ target: inout Duration, _ key: String) throws(StartError) {
        try set(&target, key, "a number of seconds from 0.01 to 86400") { text in
            Double(text).flatMap { (0.01...86_400).contains($0) ? .seconds($0) : nil }
        }
    }
}

extension GatewayConfiguration {
    init(_ values: ConfigurationValues) throws(StartError) {
        self.init()
        try values.set(&listen, "listen", "an address") { try Self.list($0).map { try ListenAddress($0) } }
        try values.set(&workers, "workers", in: 1...1024)
        basePath = try values.value("basePath", "a path such as /app, without a slash at its end") { text in
            text.isEmpty || text.hasPrefix("/") && !text.hasSuffix("/") ? text : nil
        }
        try values.set(&trustedProxies, "trustedProxies", "addresses") {
            try TrustedProxies(Self.list($0))
        }
        try values.set(&allowedHosts, "allowedHosts", "host names") { try AllowedHosts(Self.list($0)) }
        try values.set(&allowedClients, "allowedClients", "addresses") { text in
            let entries = Self.list(text)
            _ = try TrustedProxies(entries)
            return entries
        }
        try values.set(&unixSocket.mode, "socket.mode", "an octal number from 0 to 777") { text in
            UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
        }
        unixSocket.owner = try values.value("socket.owner", "a user") { $0.isEmpty ? nil : $0 }
        unixSocket.group = try values.value("socket.group", "a group") { $0.isEmpty ? nil : $0 }

        fileHandOff = try FileHandOff(values)
        try values.set(&limits.connections, "limits.connections", in: 1...1_000_000)
        try values.set(&limits.backlog, "limits.backlog", in: 1...65_535)
        try values.set(&limits.body, "limits.body", in: 0...(1 << 40))
        try values.set(&limits.drainedBody, "limits.drainedBody", in: 0...(1 << 40))
        try values.set(&limits.headers, "limits.headers", in: 16...100_000)
        try values.set(&limits.cookies, "limits.cookies", in: 1...100_000)
        try values.set(&limits.parametersSize, "limits.parametersSize", in: 1024...(1 << 19))
        try values.set(&limits.parameterValueSize, "limits.parameterValueSize", in: 1024...(1 << 19))
        try values.set(&limits.parameterCount, "limits.parameterCount", in: 32...100_000)

        try forms.set(values)
        try setProcesses(values)

        try values.set(&timeouts.header, "timeouts.header")
        try values.set(&timeouts.body, "timeouts.body")
        try values.set(&timeouts.write, "timeouts.write")
        try values.set(&timeouts.idle, "timeouts.idle")
        try values.set(&timeouts.linger, "timeouts.linger")
        try values.set(&timeouts.grace, "timeouts.grace")
        timeouts.handler = try values.value("timeouts.handler", "a number of seconds from 0 to 86400") { text in
            Double(text).flatMap { (0...86_400).contains($0) ? Duration.seconds($0) : nil }
        }.flatMap { $0 == .zero ? nil : $0 }
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0.trimmingBlanks()) }
    }
}
