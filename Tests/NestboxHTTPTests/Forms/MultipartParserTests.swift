import HTTPTypes
import NestboxHTTP
import NestboxTesting
import Testing

@Suite("the multipart parser", .timeLimit(.minutes(1)))
struct MultipartParserTests {
    private static let field = "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

    static let bodies: [(body: String, data: [String])] = [
        ("--b--", []),
        ("--b--\r\n", []),
        ("\r\n--b--", []),
        ("--b--junk\r\n--b\r\n", []),
        ("--b \t\r\n\(field)x\r\n--b--", ["x"]),
        ("--b\r\n\(field)x\r\n--b--", ["x"]),
        ("--b\r\n\(field)\r\n--b--", [""]),
        // The empty line of the header is the line end of the boundary.
        ("--b\r\n\(field)--b--", [""]),
        ("--b\r\n\(field)--b\r\n\(field)--b--\r\n", ["", ""]),
        ("--b\r\n\(field)\r\n\r\n--b--", ["\r\n"]),
        ("--b\r\n\(field)\r\r\n--b--", ["\r"]),
        ("--b\r\n\(field)\n\r\n--b--", ["\n"]),
        (
            "--b\r\n\(field)one\r\n--b\r\n\(field)two\r\n--b  \r\n\(field)three\r\n--b--\t\r\nepilogue",
            ["one", "two", "three"]
        ),
        ("preamble\r\nof --b two lines\r\n--b\r\n\(field)x\r\n--b--", ["x"]),
        ("--bb\r\n--b\r\n\(field)x\r\n--b--", ["x"]),
        // What only looks like a boundary is data.
        (
            "--b\r\n\(field)--\r\n--\r\n--B\r\n--bb\r\n--b-\r\n--b x\r\n--b\r\r\n--b\n-b\r\n--b--",
            ["--\r\n--\r\n--B\r\n--bb\r\n--b-\r\n--b x\r\n--b\r\r\n--b\n-b"]
        ),
        ("--b\r\n\(field)x\r\n --b\r\n--b--", ["x\r\n --b"]),
        ("--b\r\n\(field)x\n--b--\r\n--b--", ["x\n--b--"]),
        ("--b\r\n\(field)\r\r\r\n\r\n-\r\n--\r\n--b-\r\n--b \r\r\n--b--", ["\r\r\r\n\r\n-\r\n--\r\n--b-\r\n--b \r"]),
    ]

    @Test("finds the parts between boundaries", arguments: bodies)
    func parts(body: String, data: [String]) throws {
        #expect(try ParsedPart.all(in: body).map(\.text) == data)
    }

    @Test("finds the same in a body that is split at any byte, in two, and in pieces of one", arguments: bodies)
    func splits(body: String, data: [String]) throws {
        let bytes = Array(body.utf8)
        for split in 0...bytes.count {
            let parts = try ParsedPart.all(in: [Array(bytes[..<split]), Array(bytes[split...])])
            #expect(parts.map(\.text) == data, "split at \(split)")
        }
        for size in 1...5 {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            #expect(try ParsedPart.all(in: pieces).map(\.text) == data, "pieces of \(size)")
        }
    }

    static let malformedBodies: [(body: String, message: String)] = [
        ("", "The form ends before a line with its boundary."),
        ("\r\n", "The form ends before a line with its boundary."),
        ("text", "The form ends before a line with its boundary."),
        ("--b", "The form ends before a line with its boundary."),
        ("--b-", "The form ends before a line with its boundary."),
        ("--bx\r\n\(field)x\r\n--bx--", "The form ends before a line with its boundary."),
        ("--b\n\(field)x", "The form ends before a line with its boundary."),
        ("text\r\n--b--", "The form has text before its last boundary, and no part."),
        ("text\n--b\r\n\(field)x\r\n--b--", "The form has text before its last boundary, and no part."),
        ("--b\(String(repeating: " ", count: 300))\r\n", "A line with the boundary is too long."),
        ("--b\r\n", "The form ends in the header of part 1."),
        ("--b\r\nContent-Disposition: form-data", "The form ends in the header of part 1."),
        ("--b\r\n\(field)", "The form ends in part 1, without a line with the boundary and two hyphens."),
        ("--b\r\n\(field)x\r\n--b", "The form ends in part 1, without a line with the boundary and two hyphens."),
        ("--b\r\n\(field)x\r\n--b\r\n", "The form ends in the header of part 2."),
        ("--b\r\n\r\nx\r\n--b--", "Part 1 has no Content-Disposition."),
        ("--b\r\n\r\n\r\n--b--", "Part 1 has no Content-Disposition."),
        ("--b\r\nno colon\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\n: no name\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\nbad name: x\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\n continued: x\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\na: x\ry\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\na: x\ny\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\na: x\0y\r\n\r\n", "The header of part 1 is malformed."),
        ("--b\r\n\(field)x\r\n--b\r\nContent-Type: a/b\r\n\r\n", "Part 2 has no Content-Disposition."),
        ("--b\r\nContent-Disposition:\r\n\r\n", "The Content-Disposition of part 1 is not form-data."),
        (
            "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n",
            "The Content-Disposition of part 1 is not form-data."
        ),
        ("--b\r\nContent-Disposition: form-data\r\n\r\n", "Part 1 has no name."),
        ("--b\r\nContent-Disposition: form-data; name\r\n\r\n", "Part 1 has no name."),
        (
            "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n",
            "A quotation mark in the header of part 1 has no counterpart."
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a; NAME=b\r\n\r\n",
            "The Content-Disposition of part 1 has two of name."
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a; filename=a; filename=b\r\n\r\n",
            "The Content-Disposition of part 1 has two of filename."
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a; filename*=latin-9''a\r\n\r\n",
            "The filename* of part 1 is malformed."
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a\r\ncontent-disposition: form-data; name=a\r\n\r\n",
            "Part 1 has two header fields Content-Disposition."
        ),
        (
            "--b\r\nContent-Type: a/b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: a/c\r\n\r\n",
            "Part 1 has two header fields Content-Type."
        ),
    ]

    @Test("says what is wrong, wherever the body is split", arguments: malformedBodies)
    func malformed(body: String, message: String) throws {
        let bytes = Array(body.utf8)
        for split in 0...bytes.count {
            let error = #expect(throws: MultipartError.self) {
                try ParsedPart.all(in: [Array(bytes[..<split]), Array(bytes[split...])])
            }
            #expect(error?.description == message, "split at \(split)")
            #expect(error?.httpError.status == .badRequest)
        }
    }

    @Test("takes a header up to the limit, not a byte more, wherever it is split")
    func headerLimit() throws {
        let body = Array("--b\r\n\(Self.field)x\r\n--b--".utf8)
        let size = Self.field.utf8.count - 4
        for split in 0...body.count {
            let pieces = [Array(body[..<split]), Array(body[split...])]
            #expect(try ParsedPart.all(in: pieces, headerLimit: size).map(\.text) == ["x"])
            let error = #expect(throws: MultipartError.self) { try ParsedPart.all(in: pieces, headerLimit: size - 1) }
            #expect(error == .headerTooLarge(part: 1, limit: size - 1))
            #expect(error?.httpError.status == .contentTooLarge)
        }
    }

    @Test("does not wait for the end of a header that is too large")
    func endlessHeader() throws {
        var parser = MultipartParser(boundary: try MultipartBoundary([0x62]), headerLimit: 1000)
        parser.push(Array("--b\r\n".utf8))
        #expect(try parser.next() == nil)
        let error = #expect(throws: MultipartError.self) {
            for _ in 0..<11 {
                parser.push([UInt8](repeating: 0x61, count: 100))
                _ = try parser.next()
            }
        }
        #expect(error == .headerTooLarge(part: 1, limit: 1000))
    }

    @Test("hands out data of any bytes as slices of what it was given")
    func binary() throws {
        var generator = SeededGenerator(seed: 7)
        let data = (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let body = Array("--b\r\n\(Self.field)".utf8) + data + Array("\r\n--b--\r\n".utf8)
        #expect(try ParsedPart.all(in: [body]).map(\.data) == [data])
        for size in [1000, 4096, 65_536] {
            let pieces = stride(from: 0, to: body.count, by: size).map { Array(body[$0..<min(body.count, $0 + size)]) }
            #expect(try ParsedPart.all(in: pieces).map(\.data) == [data])
        }
    }

    @Test("survives bodies that were changed at random, and finds the same in them however they are split")
    func mutations() throws {
        var generator = SeededGenerator(seed: 1)
        let alphabet = Array("\r\n--b ab\t:;=\"\\'*".utf8) + [0, 0xFF]
        for _ in 0..<5000 {
            let text = Self.bodies.randomElement(using: &generator)?.body ?? ""
            let body = generator.mutated(Array(text.utf8), alphabet: alphabet)
            var pieces: [[UInt8]] = []
            var rest = body[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...10, using: &generator))
                pieces.append(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            #expect(Self.outcome([body]) == Self.outcome(pieces), "\(body)")
        }
    }

    /// The parts, or what is wrong.
    private static func outcome(_ pieces: [[UInt8]]) -> [String] {
        do {
            return try ParsedPart.all(in: pieces).map { "\($0)" }
        } catch {
            return ["\(type(of: error)): \(error)"]
        }
    }

    // MARK: Boundaries

    static let contentTypes: [(contentType: String, boundary: String)] = [
        ("multipart/form-data; boundary=b", "b"),
        ("multipart/form-data; boundary=\"b\"", "b"),
        ("MULTIPART/form-data;BOUNDARY = b ;charset=utf-8", "b"),
        ("multipart/form-data; charset=utf-8; boundary=\"a b\"", "a b"),
        ("multipart/form-data; boundary=----WebKitFormBoundary0aZ", "----WebKitFormBoundary0aZ"),
        ("multipart/form-data; boundary='()+_,-./:=?", "'()+_,-./:=?"),
        ("multipart/form-data; boundary=\(String(repeating: "b", count: 70))", String(repeating: "b", count: 70)),
    ]

    @Test("takes the boundary from Content-Type", arguments: contentTypes)
    func boundary(contentType: String, boundary: String) throws {
        #expect(try MultipartBoundary(contentType: contentType).bytes == Array(boundary.utf8))
    }

    static let badBoundaries: [(contentType: String, error: MultipartError)] = [
        ("multipart/form-data", .noBoundary),
        ("multipart/form-data; boundary", .noBoundary),
        ("multipart/form-data; boundary=", .invalidBoundary),
        ("multipart/form-data; boundary=\"\"", .invalidBoundary),
        ("multipart/form-data; boundary=\"b ", .invalidBoundary),
        ("multipart/form-data; boundary=\"b \"", .invalidBoundary),
        ("multipart/form-data; boundary=a\\b", .invalidBoundary),
        ("multipart/form-data; boundary=ä", .invalidBoundary),
        ("multipart/form-data; boundary=\(String(repeating: "b", count: 71))", .invalidBoundary),
        ("multipart/form-data; boundary=a; Boundary=b", .repeatedBoundary),
    ]

    @Test("refuses what is no boundary", arguments: badBoundaries)
    func badBoundary(contentType: String, error: MultipartError) {
        #expect(throws: error) { try MultipartBoundary(contentType: contentType) }
        #expect(error.httpError.status == .badRequest)
    }
}
