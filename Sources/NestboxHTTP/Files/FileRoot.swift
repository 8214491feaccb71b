import CNestboxSystem
import Glibc

/// A directory whose files may be sent, and how they are.
///
///     let reports = FileRoot("/var/lib/example/reports", cacheControl: "private, max-age=3600")
///
/// Nothing outside of it is ever opened, whatever the path looks like. Symbolic links inside are followed when they are
/// relative and stay inside; on kernels without `openat2` (before 5.6) no link is followed.
public struct FileRoot: Sendable {
    /// The absolute path of the directory.
    ///
    /// It may lead over symbolic links, and is opened anew for every request: a link that is changed to another release
    /// counts at once.
    public let path: String
    /// The `Cache-Control` field of the responses, or `nil` for none.
    ///
    /// By default `no-cache`: browsers and proxies keep files and ask each time whether they have changed.
    public var cacheControl: String?
    /// Whether files and directories whose names start with a dot are sent.
    ///
    /// By default they are not, but for `.well-known` at the top (RFC 8615).
    public var showsHidden = false
    /// Media types by extension, in lower case and without the dot, which win over the built-in ones.
    public var types: [String: String] = [:]
    /// How many ranges one request may ask for; of more the whole file is sent.
    ///
    /// 16 by default and 1000 at most, a larger number counts as that; with 0 no ranges are offered.
    public var rangeLimit = 16

    /// Creates a root.
    /// - Parameters:
    ///   - path: The directory; a relative path starts at the directory of the program's file, not at the working
    ///     directory.
    ///   - cacheControl: The `Cache-Control` field of the responses, or `nil` for none.
    public init(_ path: String, cacheControl: String? = "no-cache") {
        self.path = Self.absolute(path)
        self.cacheControl = cacheControl
        program = Self.rest(of: CommandLine.programDirectory, below: self.path)
    }

    /// The way from the root to the program's file, when that lies below.
    private let program: String?

    private static func rest(of directory: String, below root: String) -> String? {
        if root == "/" { return directory }
        guard directory == root || directory.hasPrefix(root + "/") else { return nil }
        return String(directory.dropFirst(root.count))
    }

    /// An absolute path without empty segments and dots; `""` when there is none.
    package static func absolute(_ path: String, below directory: String = CommandLine.programDirectory) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else { return "" }
        var segments: [Substring] = []
        for segment in (path.hasPrefix("/") ? path : "\(directory)/\(path)").split(separator: "/") {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        return "/" + segments.joined(separator: "/")
    }

    /// Whether files of the program itself, its configuration among them, would be sent.
    private var showsProgram: Bool { program.map { showsHidden || !$0.contains("/.") } ?? false }

    /// Opens the directory as a place to start from.
    func open() throws(FileError) -> RootDescriptor {
        guard !path.isEmpty else { throw FileError(.invalidRoot, "a directory of files has no path") }
        guard !showsProgram else { throw holdsProgram }
        let raw = nestbox_open_root(path)
        if raw < 0 { throw .system("open the directory \(path)", errno) }
        let root = RootDescriptor(raw)
        let place = try root.programPlace
        // The path may lead there over links.
        if let place, showsHidden || !place.hidesProgram { throw holdsProgram }
        return root
    }

    private var holdsProgram: FileError {
        FileError(
            .invalidRoot,
            "\(path) is not a directory to send files of: the program itself is there, with its configuration")
    }
}

extension FileRoot: ExpressibleByStringLiteral {
    /// Creates a root with the defaults.
    public init(stringLiteral path: String) { self.init(path) }
}

/// What there is at a path below a root.
enum FileEntry {
    case file(OpenFile)
    case directory
    /// Nothing, or nothing that is sent, or nothing that the program may read.
    case nothing(reason: Int32)
}

/// An open root.
struct RootDescriptor: ~Copyable {
    private let raw: Int32

    init(_ raw: Int32) {
        self.raw = raw
    }

    deinit { nestbox_close(raw) }

    /// What the root is on the way to the program's file.
    var programPlace: ProgramPlace? {
        get throws(FileError) {
            var status = nestbox_file_status()
            guard nestbox_file_status(raw, &status) == 0 else { throw .system("examine a directory of files", errno) }
            return ProgramPlace.all.first { $0.matches(status) }
        }
    }

    /// Opens what is at a path.
    func open(_ path: FilePath) throws(FileError) -> FileEntry {
        if path.isEmpty { return .directory }
        let descriptor = nestbox_open_beneath(raw, path.text)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR, ELOOP, EXDEV, EACCES, EPERM, ENAMETOOLONG, ENXIO, ENODEV, EINVAL:
                return .nothing(reason: errno)
            case let number: throw .system("open \(path.text)", number)
            }
        }
        var status = nestbox_file_status()
        guard nestbox_file_status(descriptor, &status) == 0 else {
            let number = errno
            nestbox_close(descriptor)
            throw .system("examine \(path.text)", number)
        }
        if status.is_regular == 1 { return .file(OpenFile(descriptor, status)) }
        nestbox_close(descriptor)
        return status.is_directory == 1 ? .directory : .nothing(reason: 0)
    }
}
