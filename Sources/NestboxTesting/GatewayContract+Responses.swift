import HTTPTypes

extension GatewayContract {
    /// Header blocks.
    static var heads: [Check] {
        [
            Check(
                "the header block is in the first record and has a status with a reason",
                "RFC 3875 §6.3.3, statements 58 and 66"
            ) {
                client in
                for code in [200, 201, 302, 404, 500, 299, 599] {
                    let response = try client.perform(.respond([":status": String(code), ":body": "text"]))
                    let first = response.records.first { $0.type == .stdout }?.content ?? []
                    let head = try CGIResponse(parsing: first)
                    try expect(head.status == code, "\(code) became \(head.status)")
                    try expect(head.reasonPhrase?.isEmpty == false, "\(code) has no reason phrase")
                    try expect(first.starts(with: "Status: ".utf8), "the block begins with something else")
                }
            },
            Check("Content-Type and Content-Length are there when there is a body", "RFC 3875 §6.3.1, statement 58") {
                client in
                let plain = try client.perform(.respond([":body": "text"])).cgi
                try expect(plain.headerFields[.contentType] != nil, "a body without a type")
                try expect(plain.headerFields[.contentLength] == "4", "\(plain.headerFields)")
                let typed = try client.perform(.respond([":body": "text", "Content-Type": "text/css"])).cgi
                try expect(typed.headerFields[values: .contentType] == ["text/css"], "\(typed.headerFields)")
                let empty = try client.perform(.respond([:])).cgi
                try expect(empty.headerFields[.contentType] == nil, "a type without a body")
                try expect(empty.headerFields[.contentLength] == "0", "\(empty.headerFields)")
            },
            Check(
                "204 and 304 have neither a body nor a type, whatever the handler gave them",
                "RFC 9110 §15, statement 58"
            ) {
                client in
                for code in ["204", "304"] {
                    for body in [":body", ":stream"] {
                        let fields: FastCGINameValuePairs = [
                            ":status": code, body: "text", "Content-Type": "text/plain",
                        ]
                        let response = try client.perform(.respond(fields)).cgi
                        try expect(response.status == Int(code) && response.body.isEmpty, "\(response)")
                        try expect(response.headerFields[.contentType] == nil, "\(response.headerFields)")
                        try expect(response.headerFields[.contentLength] == nil, "\(response.headerFields)")
                    }
                }
            },
            Check("HEAD is answered with the header of GET and no body", "RFC 3875 §4.3.3, statement 53") { client in
                for fields in [
                    [":body": "text"], [":stream": "text"], [":stream": "text", ":length": "4"], [:],
                    [":status": "404", ":body": "text"],
                ] as [FastCGINameValuePairs] {
                    let full = try client.perform(.respond(fields)).cgi
                    let head = try client.perform(.respond(method: "HEAD", fields)).cgi
                    try expect(head.body.isEmpty, "a body of \(head.body.count) bytes")
                    try expect(head.status == full.status, "\(head.status) instead of \(full.status)")
                    try expect(
                        head.headerFields == full.headerFields, "\(head.headerFields) instead of \(full.headerFields)")
                }
            },
            Check("a redirection has a status, and a local one is carried out", "RFC 3875 §6.2, statement 59") {
                client in
                let response = try client.perform(.respond([":redirect": "/there"]))
                try expect((301...308).contains(response.cgi.status), "\(response.cgi)")
                try expect(response.cgi.reasonPhrase != nil, "no Status beside Location")
                try expect(response.cgi.headerFields[.location] == "/there", "\(response.cgi)")
                let local = try client.perform(.respond([":local": "/pattern?3", ":body": "text", "X-Field": "v"]))
                try expect(local.cgi.status == 200 && local.cgi.body == .pattern(3), "\(local.cgi)")
                try expect(local.cgi.headerFields[.location] == nil, "\(local.cgi)")
            },
            Check("Status, Content-Type and Content-Length stand there once", "RFC 3875 §6.3, statement 60") { client in
                let fields: FastCGINameValuePairs = [
                    "Status": "201 Evil", "content-LENGTH": "1", "Content-Length": "2", ":body": "text", "X-Same": "1",
                    "x-same": "2",
                    "Set-Cookie": "a=1", "set-cookie": "b=2",
                ]
                let response = try client.perform(.respond(fields))
                let lines = String(decoding: response.stdout, as: UTF8.self).split(separator: "\r\n").map {
                    $0.lowercased()
                }
                for name in ["status:", "content-type:", "content-length:"] {
                    let found = lines.filter { $0.hasPrefix(name) }
                    try expect(found.count == 1, "\(found)")
                }
                try expect(
                    response.cgi.status == 200 && response.cgi.headerFields[.contentLength] == "4", "\(response.cgi)")
                try expect(response.cgi.headerFields[values: .setCookie] == ["a=1", "b=2"], "\(response.cgi)")
            },
            Check("no field's value breaks out of its line", "statement 61") { client in
                let values = [
                    "a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\r\n\r\n<html>", "a\0b", "a\r\n X-Evil: folded",
                ]
                for value in values {
                    for name in [
                        "X-Name", "+X-Name", "Location", "+Location", "+Set-Cookie", "+X-Name\r\nX-Evil", "+X Name",
                    ] {
                        let response = try client.perform(.respond([name: value, ":body": "text"]))
                        let lines = response.stdout.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
                        for line in lines.map({ String(decoding: $0, as: UTF8.self) }) {
                            let isEvil = line.drop { $0 == " " }.hasPrefix("X-Evil") || line.utf8.contains(0)
                            try expect(!isEvil, "\(name) led to the line '\(line)'")
                        }
                        let isRefused = try response.cgi.status == 500
                        try expect(isRefused == name.hasPrefix("+"), "\(name): status \(response.cgi.status)")
                        if !isRefused { try expect(response.cgi.text == "text", "\(name): \(response.cgi)") }
                    }
                }
            },
            Check("fields about the connection are left out", "statement 62") { client in
                let fields: FastCGINameValuePairs = [
                    "Transfer-Encoding": "chunked", "Connection": "close", "Keep-Alive": "1", "Upgrade": "h2c",
                    "Trailer": "X",
                    "X-Other": "1", ":body": "text",
                ]
                let response = try client.perform(.respond(fields)).cgi
                let names = response.headerFields.map(\.name.canonicalName).sorted()
                try expect(names == ["content-length", "content-type", "x-other"], "\(names)")
            },
            Check("a header block longer than a record arrives", "FastCGI §3.3, statement 65") { client in
                for size in [4_000, 65_400, 65_536, 200_000] {
                    let value = String(repeating: "v", count: size / 4)
                    let fields = FastCGINameValuePairs((0..<4).map { ("X-\($0)", value) } + [(":body", "text")])
                    let response = try client.perform(.respond(fields)).cgi
                    try expect(response.headerFields.filter { $0.value == value }.count == 4, "\(size) bytes")
                    try expect(response.text == "text", "\(size) bytes")
                }
            },
            Check("there is no interim response", "RFC 3875 §6.2, statement 69") { client in
                for code in ["100", "102", "103", "199"] {
                    let response = try client.perform(.respond([":status": code, ":body": "text"])).cgi
                    try expect(response.status >= 200, "status \(response.status)")
                }
            },
            Check("an error's text is shown to nobody", "statement 71") { client in
                let response = try client.perform(FastCGIRequest(target: "/fail"))
                try expect(response.cgi.status == 500 && response.appStatus == 0, "\(response.cgi)")
                let all = String(decoding: response.stdout + response.stderr, as: UTF8.self)
                try expect(!all.contains("SECRET"), all)
            },
        ]
    }

    /// Bodies of responses.
    static var bodiesOfResponses: [Check] {
        [
            Check("bodies of all sizes are sent whole", "FastCGI §5.3, L14") { client in
                let connection = try client.connect()
                for size in [
                    0, 1, 8184, 16_383, 16_384, 16_385, 65_527, 65_528, 65_529, 131_056, 131_057, 1_000_000, 10_000_000,
                ] {
                    let request = FastCGIRequest(target: "/pattern?\(size)")
                    let response = try client.perform(request, .init(keepConnection: true), on: connection)
                    try expect(response.cgi.body == .pattern(size), "\(response.cgi.body.count) of \(size) bytes")
                    try expect(
                        response.cgi.headerFields[.contentLength] == String(size), "\(response.cgi.headerFields)")
                }
            },
            Check("a body that looks like a header is a body", "statement 64") { client in
                for body in ["Foo: Bar\r\n\r\ntext", "\r\n\r\n", "\n", "Status: 500 No\r\n"] {
                    for key in [":body", ":stream"] {
                        let response = try client.perform(.respond([key: body])).cgi
                        try expect(response.status == 200 && response.text == body, "\(response)")
                    }
                }
            },
            Check("no body is longer than its declared length", "statement 63") { client in
                for (length, text) in [("0", ""), ("3", "123"), ("5", "12345"), ("6", "123456")] {
                    let response = try client.perform(.respond([":stream": "123456", ":length": length])).cgi
                    try expect(response.text == text, "\(length): \(response)")
                    try expect(response.headerFields[.contentLength] == length, "\(response.headerFields)")
                }
            },
            Check("a body shorter than its declared length breaks the connection", "statement 63") { client in
                let connection = try client.connect()
                let request = FastCGIRequest.respond([":stream": "123", ":length": "5"])
                try connection.send(request.encoded(.init(keepConnection: true)))
                try expectBroken(connection, "123")
                try client.expectService()
            },
            Check("a request's application status is its own", "L18, statement 24") { client in
                let connection = try client.connect()
                try connection.send(FastCGIRequest(target: "/broken-stream").encoded(.init(keepConnection: true)))
                try expectBroken(connection, "first")
                for _ in 0..<8 {
                    let response = try client.perform(.echo([]))
                    try expect(response.appStatus == 0, "\(response.appStatus ?? 1)")
                }
            },
        ]
    }

    /// Streamed responses.
    static var streams: [Check] {
        [
            Check(
                "what is written to a stream is sent at once, the header with the first of it", "statements 66 and 67"
            ) { client in
                let event = client.event("flush")
                let connection = try client.connect()
                try connection.send(FastCGIRequest(target: "/flushed?\(event)").encoded(.init(keepConnection: true)))
                let first = try connection.readRecord()
                try expect(first.type == .stdout, "\(first)")
                let head = try CGIResponse(parsing: first.content)
                try expect(head.text == "first", "\(head)")
                try expect(head.headerFields[.contentLength] == nil, "\(head.headerFields)")
                try client.record(event)
                let rest = try connection.readUntilEnd()
                try expect(rest.stdout == Array("second".utf8) && rest.isWellFormed, "\(rest.records)")
                try client.expectService(on: connection)
            },
            Check("long streams arrive whole", "L14, statement 67") { client in
                let connection = try client.connect()
                for size in [0, 1, 1000, 1001, 100_000, 2_000_000] {
                    let request = FastCGIRequest(target: "/stream?\(size)")
                    let response = try client.perform(request, .init(keepConnection: true), on: connection)
                    try expect(response.cgi.body == .pattern(size), "\(response.cgi.body.count) of \(size) bytes")
                }
            },
            Check("an error in a stream is seen by the web server", "statement 71") { client in
                let connection = try client.connect()
                try connection.send(FastCGIRequest(target: "/broken-stream").encoded(.init(keepConnection: true)))
                try expectBroken(connection, "first")
                try client.expectService()
            },
            Check("what a handler leaves running delays no request", "php/php-src 10335, statement 72") { client in
                let connection = try client.connect()
                let events = (0..<8).map { client.event("background-\($0)") }
                for event in events {
                    try expect(try client.get("/background?\(event)", on: connection) == "started", event)
                }
                try client.expectService(on: connection)
                for event in events { try client.record(event) }
                for event in events { try client.wait(for: "done \(event)") }
            },
        ]
    }

    /// Whether a kept connection's answer was cut off so that the web server can tell.
    private static func expectBroken(_ connection: FastCGIConnection, _ text: String) throws {
        let response = FastCGIResponse(try connection.readUntilClose(acceptingReset: true))
        try expect(response.cgi.text == text, "\(response.cgi)")
        try expect(response.appStatus != 0, "application status \(response.appStatus ?? 0)")
        let all = String(decoding: response.stdout + response.stderr, as: UTF8.self)
        try expect(!all.contains("SECRET"), all)
    }
}
