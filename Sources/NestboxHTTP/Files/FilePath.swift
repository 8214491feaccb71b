/// A path below a root of which no part can lead elsewhere: the names of directories and a file, joined by slashes.
///
/// No name is empty, `.` or `..`, or holds a slash, a backslash, a control character or ill-formed UTF-8, however it was
/// encoded. One that starts with a dot is let pass only where that is asked for, and `.well-known` at the top (RFC 8615).
package struct FilePath: Sendable, Equatable {
    /// The path without a slash at either end; empty for the root itself.
    package private(set) var text = ""
    /// Whether there was a slash at the end, which names a directory.
    package private(set) var namesDirectory = false

    /// The root itself, without a slash.
    static let root = FilePath()

    private init() {}

    /// Whether this is the root itself.
    package var isEmpty: Bool { text.isEmpty }

    /// The longest path that Linux takes, `PATH_MAX` without its zero.
    private static let longest = 4095
    /// The longest name of nearly all file systems.
    private static let longestName = 255

    /// Takes what follows a slash in the path of a URL, of which every segment is decoded once and for itself.
    package init?(percentEncoded path: ArraySlice<UInt8>, showsHidden: Bool = false) {
        self.init(path, isEncoded: true, showsHidden)
    }

    /// Takes the path of a file as it is.
    package init?(_ path: String, showsHidden: Bool = false) {
        self.init(Array(path.utf8)[...], isEncoded: false, showsHidden)
    }

    private init?(_ path: ArraySlice<UInt8>, isEncoded: Bool, _ showsHidden: Bool) {
        // Encoded it may be three times as long.
        guard path.count <= 3 * Self.longest else { return nil }
        if path.isEmpty {
            namesDirectory = true
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.count)
        var index = path.startIndex
        while index < path.endIndex {
            let start = bytes.count
            while index < path.endIndex, path[index] != slash {
                let (byte, next) =
                    isEncoded ? PercentEncoding.decodedByte(at: index, of: path) : (path[index], index + 1)
                bytes.append(byte)
                index = next
            }
            let name = bytes[start...]
            guard Self.isPlain(name), name.first != dot || showsHidden || start == 0 && name.elementsEqual(wellKnown)
            else { return nil }
            if index == path.endIndex { break }
            index += 1
            if index == path.endIndex { namesDirectory = true } else { bytes.append(slash) }
        }
        guard bytes.count <= Self.longest, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self.text = text
    }

    private static func isPlain(_ name: ArraySlice<UInt8>) -> Bool {
        if name.isEmpty || name.count > longestName { return false }
        if name.first == dot, name.count < 3, name.allSatisfy({ $0 == dot }) { return false }
        return !name.contains { $0 == slash || $0 == UInt8(ascii: "\\") || $0.isASCIIControl }
    }

    /// The path of a file in the directory that this is.
    package func appending(_ name: String) -> FilePath? {
        FilePath(text.isEmpty ? name : "\(text)/\(name)", showsHidden: true)
    }

    /// The extension of the last name in lower case, without its dot.
    package var fileExtension: String? {
        let start = text.utf8.lastIndex(of: slash).map { text.utf8.index(after: $0) } ?? text.startIndex
        let name = text.utf8[start...]
        guard let last = name.lastIndex(of: dot), last != name.startIndex else { return nil }
        return Substring(name[name.index(after: last)...]).lowercased()
    }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")
private let wellKnown = ".well-known".utf8
