import HTTPTypes
import Logging
import NestboxGateway
import NestboxHTTP

extension FuzzTarget {
    /// The meta-variables of a request, written as `NAME=value`, one in each line: path, header fields and all that is
    /// read of them.
    static let request = FuzzTarget("request") { input in
        let variables = CGIVariables(lines: input)
        // No web server sends such names (RFC 3875 §4.1.18).
        let hasOddCase = variables.contains { $0.name != $0.name.uppercased() }
        for settings in allSettings {
            let head = RequestHead(variables: variables, settings: settings)
            let request = Request(head: head, body: .empty)
            try expect(
                request.rawPath.hasPrefix("/") || request.rawPath == "*",
                "a path begins with a slash: \(request.rawPath.debugDescription)")
            try expect(
                request.path.isSame(as: PercentEncoding.decode(request.rawPath)), "the path is the raw path decoded")
            try expect((head.contentLength ?? 0) <= 1000, "a length above the limit is not taken")
            try expect((head.contentLength ?? 0) >= 0, "a length is not negative")
            try expect(request.method.rawValue.utf8.count <= 64, "a method has 64 bytes at most")
            try expect(
                !request.id.isEmpty && request.id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F },
                "an id can be written in a log: \(request.id.debugDescription)")
            for field in request.headers {
                let variable = "HTTP_" + field.name.canonicalName.uppercased()
                try expect(variable != "HTTP_PROXY" || hasOddCase, "no field is named Proxy")
                try expect(
                    !field.value.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D },
                    "no field holds a line break or U+0000")
            }
            try expect(request.cookies.count <= 200, "200 cookies at most")
            let segments = request.path.utf8.split(separator: UInt8(ascii: "/"))
            try expect(
                head.refusal != nil || !segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) },
                "a path with dot segments is refused")
            if let query = try? request.query { try expect(query.count <= 1000, "1,000 pairs at most") }
            try expect(["http", "https"].contains(request.scheme), "a scheme is one of two")
            _ = (request.host, request.remoteAddress, request.contentType, request.target, request.description)
        }
        try expect(
            variables.description.utf8.count < 16 + 3 * input.count + 2 * variables.count, "names are printed once")
    }

    private static let allSettings: [RequestSettings] = {
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let proxies = (try? TrustedProxies(["10.0.0.0/8", "fd00::/8", "unix"])) ?? .none
        return [
            RequestSettings(bodyLimit: 1000, logger: logger),
            RequestSettings(isCGI: true, trustedProxies: proxies, bodyLimit: 1000, logger: logger),
            RequestSettings(basePath: "/böse app", trustedProxies: proxies, bodyLimit: 1000, logger: logger),
        ]
    }()

    /// What handlers put in a response, written as `Name: value`, one in each line, with a status in the first.
    static let response = FuzzTarget("response") { input in
        let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
        let number = lines.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 200
        var response = Response.text("body", status: .init(code: (100...999).contains(number) ? number : 200))
        for line in lines.dropFirst() {
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let value = String(decoding: line[colon...].dropFirst(), as: UTF8.self)
            try? response.addHeader(name, value)
            try? response.setHeader(name, value)
            if let name = HTTPField.Name(name) { response.headers.append(HTTPField(name: name, value: value)) }
            if let cookie = try? Cookie(name: name, value: value) { response.setCookie(cookie) }
        }
        let variables = CGIVariables([("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/")])
        let request = Request(head: RequestHead(variables: variables, settings: allSettings[0]), body: .empty)
        let sent = await BufferedResponse(response, to: request, errors: .plain)
        try check(sent.bytes, status: response.status.code)
    }

    /// Reads a header block as a web server does, who believes it.
    private static func check(_ bytes: [UInt8], status: Int) throws {
        var rest = bytes[...]
        var names: [String] = []
        while true {
            guard let end = rest.firstIndex(of: 0x0A), end > rest.startIndex, rest[end - 1] == 0x0D else {
                throw Violation(description: "every line ends with CR LF")
            }
            let line = rest[..<(end - 1)]
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            try expect(!line.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a line has no control characters")
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw Violation(description: "every line has a name")
            }
            names.append(String(decoding: line[..<colon], as: UTF8.self).lowercased())
        }
        for name in ["status", "content-type", "location", "content-length"] {
            try expect(names.count { $0 == name } <= 1, "\(name) is sent once")
        }
        try expect(names.first == "status", "the status comes first")
        let hasBody = ![204, 205, 304].contains(status)
        try expect(rest.elementsEqual(hasBody ? "body".utf8 : "".utf8), "after the empty line comes the body")
    }

    /// `X-Forwarded-For` and addresses.
    static let forwarded = FuzzTarget("forwarded") { input in
        let text = String(decoding: input, as: UTF8.self)
        if let address = IPAddress(text) {
            try expect([4, 16].contains(address.bytes.count), "an address has 4 or 16 bytes")
            try expect(IPAddress(address.description) == address, "an address that was read can be written")
        }
        if let network = try? IPNetwork(text) {
            _ = network.contains(IPAddress(bytes: [10, 0, 0, 1]))
        }
        let variables = CGIVariables([("REMOTE_ADDR", "10.0.0.1"), ("HTTP_X_FORWARDED_FOR", text)])
        let head = RequestHead(variables: variables, settings: allSettings[1])
        let client = Request(head: head, body: .empty).remoteAddress
        try expect(client.flatMap { IPAddress($0) } != nil, "the client is always an address")
    }
}

extension CGIVariables {
    /// Variables of lines `NAME=value`; a line without `=` is a name without a value.
    fileprivate init(lines bytes: [UInt8]) {
        var entries: [Entry] = []
        for line in bytes.split(separator: 0x0A) {
            let equals = line.firstIndex(of: UInt8(ascii: "=")) ?? line.endIndex
            let value = line[equals...].dropFirst()
            entries.append(
                Entry(
                    nameStart: line.startIndex, nameCount: equals - line.startIndex, valueStart: value.startIndex,
                    valueCount: value.count))
        }
        self.init(bytes: bytes, entries: entries)
    }
}
