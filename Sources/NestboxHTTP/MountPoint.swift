/// Where an application is mounted, and what of the path lies below it.
///
/// `REQUEST_URI` is what the client sent; `SCRIPT_NAME` and `PATH_INFO` are decoded, and nginx merges slashes in them.
/// So the path is always taken from `REQUEST_URI` when there is one, and the other two only say where to cut:
///
/// 1. A configured base path is cut off.
/// 2. With `PATH_INFO`, `SCRIPT_NAME` is cut off; after a rewrite, when the target does not start with it, everything in
///    front of `PATH_INFO`; and when that is not to be found either, or is no plain path, the two variables count as
///    they are. So they do after an internal redirect of Apache's (`REDIRECT_URL`) when the target does not lead to
///    `PATH_INFO`: it is still what the client sent, and answering that again would redirect for ever.
/// 3. Without `PATH_INFO`, a CGI program is mounted at `SCRIPT_NAME`. Over FastCGI nginx and `ProxyPass` put the whole
///    path there, so that nothing can be told from it: the application is at the root.
struct MountPoint {
    /// The base path without a slash at its end.
    var basePath: String
    /// The percent-encoded path below.
    var rawPath: String

    init(variables: CGIVariables, configured: String?, isCGI: Bool) {
        var script = variables[bytes: "SCRIPT_NAME"] ?? []
        if script.last == slash { script.removeLast() }
        let info = variables[bytes: "PATH_INFO"] ?? []
        let target = variables[bytes: "REQUEST_URI"].flatMap(Self.path)

        let isRedirected = variables[bytes: "REDIRECT_URL"] != nil

        if let configured {
            basePath = configured
            let path = target ?? Array(Self.encoded(script + info).utf8)[...]
            rawPath = Self.path(from: Self.end(of: configured.utf8, in: path) ?? path.startIndex, of: path)
            if isRedirected, !info.isEmpty, Self.start(of: info, in: path) == nil { rawPath = Self.encoded(info) }
        } else if !info.isEmpty {
            basePath = String(decoding: script, as: UTF8.self)
            rawPath = Self.encoded(info)
            guard let target else { return }
            let start = Self.start(of: info, in: target)
            if let end = Self.end(of: script, in: target), !isRedirected || start.map({ $0 <= end }) == true {
                rawPath = Self.path(from: end, of: target)
            } else if let start, let base = Self.plainPath(target[..<start]) {
                basePath = base
                rawPath = String(decoding: target[start...], as: UTF8.self)
            }
        } else if isCGI {
            basePath = String(decoding: script, as: UTF8.self)
            rawPath = "/"
            guard !isRedirected, let target, let end = Self.end(of: script, in: target) else { return }
            rawPath = Self.path(from: end, of: target)
        } else {
            basePath = ""
            rawPath = target.map { String(decoding: $0, as: UTF8.self) } ?? Self.encoded(script)
        }
    }

    /// Where another request target leads below a mount point; `nil` when it leads elsewhere.
    init?(basePath: String, target: String) {
        guard let path = Self.path(of: Array(target.utf8)[...]), let end = Self.end(of: basePath.utf8, in: path) else {
            return nil
        }
        self.basePath = basePath
        rawPath = Self.path(from: end, of: path)
    }

    /// The path of a request target in origin form, absolute form or asterisk form (RFC 9112 §3.2).
    private static func path(of target: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let path = target.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let first = path.first else { return nil }
        if first == slash || path.elementsEqual("*".utf8) { return path }
        for scheme in ["http://", "https://"] where path.starts(with: scheme.utf8) {
            let rest = path.dropFirst(scheme.utf8.count)
            return rest.firstIndex(of: slash).map { rest[$0...] } ?? [slash]
        }
        return nil
    }

    /// Where `prefix`, decoded text, ends in an encoded path, when it ends at a segment's border.
    private static func end(of prefix: some Sequence<UInt8>, in path: ArraySlice<UInt8>) -> Int? {
        var index = path.startIndex
        var previous: UInt8?
        for wanted in prefix {
            // nginx has merged slashes; the target still has them all.
            while previous == slash, wanted != slash, index < path.endIndex, path[index] == slash { index += 1 }
            guard index < path.endIndex else { return nil }
            let (byte, next) = PercentEncoding.decodedByte(at: index, of: path)
            guard byte == wanted else { return nil }
            previous = wanted
            index = next
        }
        return index == path.endIndex || path[index] == slash ? index : nil
    }

    /// Where `suffix`, decoded text that starts with a slash, starts in an encoded path that ends with it.
    private static func start(of suffix: some BidirectionalCollection<UInt8>, in path: ArraySlice<UInt8>) -> Int? {
        guard suffix.first == slash else { return nil }
        var start = path.endIndex
        var following: UInt8?
        for wanted in suffix.reversed() {
            while following == slash, wanted != slash, start > path.startIndex, path[start - 1] == slash { start -= 1 }
            guard start > path.startIndex else { return nil }
            // A % is no hexadecimal digit, so that encoded bytes never overlap and reading backwards finds the same ones.
            let encoded =
                start - path.startIndex > 2 ? PercentEncoding.decodedByte(at: start - 3, of: path[..<start]) : nil
            if let encoded, encoded.next == start {
                guard encoded.byte == wanted else { return nil }
                start -= 3
            } else {
                guard path[start - 1] == wanted else { return nil }
                start -= 1
            }
            following = wanted
        }
        guard path[start] == slash else { return nil }
        while start > path.startIndex, path[start - 1] == slash { start -= 1 }
        return start
    }

    /// A path decoded, unless it has empty segments, `.` or `..`, `\` or control characters: the web server has resolved
    /// these, and `//host/..` in front of a link would lead to another host.
    private static func plainPath(_ path: ArraySlice<UInt8>) -> String? {
        let decoded = PercentEncoding.decode(path)
        let segments = decoded.utf8.split(separator: slash, omittingEmptySubsequences: false).dropFirst()
        let isPlain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                && !segment.contains { $0.isASCIIControl || $0 == UInt8(ascii: "\\") }
        }
        return isPlain ? decoded : nil
    }

    private static func path(from start: Int, of target: ArraySlice<UInt8>) -> String {
        start == target.endIndex ? "/" : String(decoding: target[start...], as: UTF8.self)
    }

    private static func encoded(_ path: some Collection<UInt8>) -> String {
        var encoded = path.first == slash ? [] : [slash]
        PercentEncoding.append(path, to: &encoded, allowed: .path)
        return String(decoding: encoded, as: UTF8.self)
    }
}

private let slash = UInt8(ascii: "/")
