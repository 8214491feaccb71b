import NestboxHTTP

extension ConfigurationOption {
    /// The options of files.
    static let files: [ConfigurationOption] = [
        .init(
            "files.accelRedirect",
            "Internal locations of nginx and directories whose files it sends: /protected/=/srv/files,…"),
        .init(
            "files.sendfile",
            "Directories whose files lighttpd, or Apache's mod_xsendfile, sends: /srv/files,…"),
    ]
}

extension FileHandOff {
    init(_ values: ConfigurationValues) throws(StartError) {
        let locations = try values.value(
            "files.accelRedirect", "a location and an absolute path, such as /protected/=/var/lib/app/files"
        ) { text in Self.locations(text) }
        let directories = try values.value("files.sendfile", "absolute paths") { text in
            let list = GatewayConfiguration.list(text)
            return !list.isEmpty && list.allSatisfy { Self.isPath($0) } ? list : nil
        }
        guard locations == nil || directories == nil else {
            throw StartError("both files.accelRedirect and files.sendfile are set: only one web server sends the files")
        }
        self = locations.map { .accelRedirect($0) } ?? directories.map { .sendfile(below: $0) } ?? .none
    }

    private static func locations(_ text: String) -> [Location]? {
        let list = GatewayConfiguration.list(text)
        let locations = list.compactMap { entry -> Location? in
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, isLocation(parts[0]), isPath(parts[1]) else { return nil }
            return Location(prefix: parts[0], directory: parts[1])
        }
        return !list.isEmpty && locations.count == list.count ? locations : nil
    }

    /// A path of unreserved characters: nothing that nginx would read in another way.
    private static func isLocation(_ text: String) -> Bool {
        text.hasPrefix("/") && !text.hasPrefix("//")
            && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._~/".utf8.contains($0) }
    }

    private static func isPath(_ text: String) -> Bool { text.hasPrefix("/") && !text.utf8.contains(0) }
}
