import Glibc

/// Where things are in the checkout and in what was built from it.
enum Repository {
    /// The checkout's directory.
    static let root: String = {
        // …/Tests/IntegrationTests/Support/Repository.swift
        #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
    }()

    /// The directory that the tests' own program was built in; the examples are beside it.
    static let products: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }()

    /// The text of a file of the checkout.
    static func text(of path: String) throws -> String { try File.text("\(root)/\(path)") }

    /// Where a program is that the package's `make test` installs; Debian keeps servers out of users' PATH.
    static func tool(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/usr/bin"])
            .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

/// Whole files.
enum File {
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else { throw SystemError(path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    static func lines(_ path: String) throws -> [String] { try text(path).split(separator: "\n").map(String.init) }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a directory, `.` and `..` left out, in alphabetical order.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    struct SystemError: Error, CustomStringConvertible {
        let description: String

        init(_ subject: String) {
            description = "\(subject): \(String(cString: strerror(errno)))"
        }
    }
}
