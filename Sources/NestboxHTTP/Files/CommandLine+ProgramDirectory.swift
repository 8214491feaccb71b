import Glibc

extension CommandLine {
    /// The absolute path of the directory of the program's file; the working directory may be any.
    ///
    /// Links are followed to the file itself. Where /proc is missing, as in a jail, it is the path that the program was
    /// called with, and the working directory when that was no path.
    package static var programDirectory: String {
        directory(of: link("/proc/self/exe") ?? called ?? "") ?? workingDirectory ?? "/"
    }

    /// The program's name as a path without links, if it was called by a path.
    private static var called: String? {
        guard let name = arguments.first, name.contains("/"), let path = realpath(name, nil) else { return nil }
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
