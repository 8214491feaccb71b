import CNestboxSystem
import Glibc

extension CommandLine {
    /// The absolute path of the directory of the program's file; the working directory may be any.
    ///
    /// Links are followed to the file itself, where /proc is missing, too, as in a jail.
    package static var programDirectory: String {
        directory(of: link("/proc/self/exe") ?? real(calledPath) ?? "") ?? workingDirectory ?? "/"
    }

    /// The path that the program was started by, which neither a command line nor a URL can change.
    package static var calledPath: String { nestbox_called_path().map { String(cString: $0) } ?? "" }

    private static func real(_ path: String) -> String? {
        guard let path = realpath(path, nil) else { return nil }
        // The call made the text for us, with a zero at its end.
        defer { free(path) }
        return String(cString: path)
    }

    private static func directory(of path: String) -> String? {
        guard path.hasPrefix("/"), let end = path.lastIndex(of: "/") else { return nil }
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    private static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    private static var workingDirectory: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return nil }
        let path = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.hasPrefix("/") ? path : nil
    }
}
