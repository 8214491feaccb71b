import CNestboxSystem
import Glibc

/// Which files the web server sends in the application's place, and how it is told.
///
/// The application checks who asks and for what, and the web server does the rest: ranges and conditional requests too. Only
/// files below a configured directory are handed off; the application sends all others itself.
public struct FileHandOff: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case none
        case accelRedirect([Location])
        case sendfile([String])
    }

    /// An internal location of nginx, and the directory that it stands for.
    public struct Location: Sendable, Hashable {
        /// The location, such as `/protected/`.
        public var prefix: String
        /// The absolute path of the directory.
        public var directory: String

        /// Creates a location.
        public init(prefix: String, directory: String) {
            self.prefix = prefix
            self.directory = directory
        }
    }

    let kind: Kind

    /// The application sends all files itself.
    public static let none = FileHandOff(kind: .none)

    /// nginx sends the files (`X-Accel-Redirect`): each location must be `internal` there, with the directory as `alias`.
    public static func accelRedirect(_ locations: [Location]) -> FileHandOff {
        FileHandOff(kind: .accelRedirect(locations))
    }

    /// lighttpd, or Apache with mod_xsendfile, sends the files below these directories (`X-Sendfile`).
    public static func sendfile(below directories: [String]) -> FileHandOff {
        FileHandOff(kind: .sendfile(directories))
    }

    /// The internal locations of nginx; none with another web server.
    package var locations: [Location] {
        if case .accelRedirect(let locations) = kind { locations } else { [] }
    }

    /// The directories whose files Apache or lighttpd sends; none with nginx.
    package var sendfileDirectories: [String] {
        if case .sendfile(let directories) = kind { directories } else { [] }
    }

    /// The fields by which a response makes a web server send a file or the answer of another server.
    ///
    /// Only ``Response/file(_:in:for:type:asAttachment:)`` and ``FileMiddleware`` set them: what else puts one into a
    /// response may have it from a client, who would so read any file.
    package static let fieldNames: Set<String> = [
        "x-accel-redirect", "x-sendfile", "x-sendfile2", "x-sendfile-temporary", "x-lighttpd-send-file",
        "x-lighttpd-send-tempfile", "x-litespeed-location", "x-reproxy-file", "x-reproxy-url",
    ]

    /// The field that hands a file off, or `nil` when it is below no directory, or its path would not be understood.
    /// - Parameter software: `SERVER_SOFTWARE`.
    func field(for file: OpenFile, servedBy software: String?) -> (name: String, value: String)? {
        switch kind {
        case .none: return nil
        case .accelRedirect(let locations):
            guard let path = file.path else { return nil }
            let matches = locations.compactMap { location in
                Self.rest(of: path, below: location.directory).map { (location.prefix, $0) }
            }
            guard let (prefix, rest) = matches.min(by: { $0.1.count < $1.1.count }) else { return nil }
            return ("X-Accel-Redirect", Self.encoded(prefix.hasSuffix("/") ? prefix : prefix + "/", rest))
        case .sendfile(let directories):
            guard let path = file.path, directories.contains(where: { Self.rest(of: path, below: $0) != nil }) else {
                return nil
            }
            let value = Self.encoded("", path[...])
            // lighttpd decodes the path. Some versions of mod_xsendfile do, and others not: they get what is the same both
            // ways, and the application sends the rest.
            guard value.utf8.count == path.count || software?.hasPrefix("lighttpd") == true else { return nil }
            return ("X-Sendfile", value)
        }
    }

    /// What of a real path lies below a directory, which may itself be reached over links.
    private static func rest(of path: [UInt8], below directory: String) -> ArraySlice<UInt8>? {
        guard let real = nestbox_real_path(directory) else { return nil }
        // The call made the text for us, with a zero at its end.
        defer { free(real) }
        let parent = UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) }
        guard path.starts(with: parent) else { return nil }
        let rest = path.dropFirst(parent.count)
        if parent.elementsEqual("/".utf8) { return rest }
        return rest.first == UInt8(ascii: "/") ? rest.dropFirst() : nil
    }

    /// What nginx and lighttpd decode once.
    private static func encoded(_ prefix: String, _ path: ArraySlice<UInt8>) -> String {
        var value = Array(prefix.utf8)
        PercentEncoding.append(path, to: &value, allowed: .handedOffPath)
        return String(decoding: value, as: UTF8.self)
    }
}

extension PercentEncoding.Allowed {
    /// What no web server reads as anything but itself.
    fileprivate static let handedOffPath = PercentEncoding.Allowed(alphanumericsAnd: "-._~/")
}
