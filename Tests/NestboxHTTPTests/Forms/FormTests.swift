import HTTPTypes
import NestboxHTTP
import Testing

@Suite("forms", .timeLimit(.minutes(1)))
struct FormTests {
    @Test("have fields in order, of which several may have one name")
    func fields() async throws {
        let requests: [Request] = [
            .urlEncoded("tag=a&name=Ada+L&tag=b&=&tag="),
            .multipart(.text("tag", "a"), .text("name", "Ada L"), .text("tag", "b"), .text("", ""), .text("tag", "")),
        ]
        for request in requests {
            let form = try await request.form()
            #expect(form.map(\.name) == ["tag", "name", "tag", "", "tag"])
            #expect(form.map(\.text) == ["a", "Ada L", "b", "", ""])
            #expect(form["tag"] == "a")
            #expect(form["name"] == "Ada L")
            #expect(form["other"] == nil)
            #expect(form.values(for: "tag") == ["a", "b", ""])
            #expect(form.values(for: "other").isEmpty)
            #expect(form.contains(""))
            #expect(!form.contains("Tag"))
            #expect(form.files.isEmpty)
            #expect("\(form)" == "Form(tag, name, tag, , tag)")
            #expect("\(form[1])" == "name=…")
            #expect(request.hasFormBody)
        }
    }

    @Test("have files, which are no text")
    func files() async throws {
        let form = try await Request.multipart(
            .text("photo", "text"), .file("photo", "a.jpg", type: "image/jpeg", [1, 2]),
            .file("photo", "b.jpg", type: nil, []), .file("other", "", [3])
        ).form()
        #expect(form["photo"] == "text")
        #expect(form.values(for: "photo") == ["text"])
        #expect(form.files(for: "photo").map(\.filename) == ["a.jpg", "b.jpg"])
        #expect(form.files.map(\.name) == ["photo", "photo", "other"])
        let photo = try #require(form.file("photo"))
        #expect(photo.contentType == "image/jpeg")
        #expect(photo.size == 2)
        #expect(try await photo.collect() == [1, 2])
        #expect(form.file("other")?.contentType == "application/octet-stream")
        #expect(form.file("none") == nil)
        #expect(form[1].file?.filename == "a.jpg")
        #expect(form[1].text == nil)
        #expect("\(form[1])" == "photo=…")
    }

    @Test("leave out a file input in which nothing was chosen")
    func nothingChosen() async throws {
        let form = try await Request.multipart(.file("photo", "", []), .text("name", "Ada")).form()
        #expect(form.map(\.name) == ["name"])
        #expect(form.file("photo") == nil)
    }

    @Test("are read once from a body, however often they are asked for")
    func twice() async throws {
        let request = Request.multipart(.text("name", "Ada"))
        #expect(try await request.form()["name"] == "Ada")
        #expect(try await request.form()["name"] == "Ada")
        var copy = request
        #expect(try await copy.form()["name"] == "Ada")
        copy.body = RequestBody(SentPart.body([.text("name", "Grace")]))
        #expect(try await copy.form()["name"] == "Grace")
        #expect(try await copy.form()["name"] == "Grace")
        #expect(try await request.form()["name"] == "Ada")
        copy.body = .empty
        #expect(await refusal { _ = try await copy.form() }?.status == 400)
    }

    @Test("are refused with the same error as often as they are asked for")
    func refusedTwice() async throws {
        let request = Request.urlEncoded("a=1&b=2")
        for limit in [1, 2] {
            let refusal = await refusal { _ = try await request.form(limits: FormLimits(fields: limit)) }
            #expect(refusal?.status == 413)
            #expect(refusal?.message == "The form has more than 1 text fields.")
        }
    }

    @Test("are waited for by whoever asks while they are being read")
    func atOnce() async throws {
        let source = Gated(Array("name=Ada".utf8))
        let request = Request.made(
            of: ["CONTENT_TYPE": "application/x-www-form-urlencoded"],
            body: RequestBody(source: source, length: nil, limit: 100))
        async let first = request.form()["name"]
        await source.isAsked()
        async let second = request.form()["name"]
        async let third = request.form()["name"]
        await source.open()
        #expect(try await [first, second, third] == ["Ada", "Ada", "Ada"])
    }

    @Test("end with their request, though its body knows the request")
    func lifetime() async throws {
        final class Knowing: RequestBody.Source, Sendable {
            let pieces = Pieces([Array("name=Ada".utf8)])
            nonisolated(unsafe) var request: Request?
            func next() async throws -> [UInt8]? { try await pieces.next() }
        }
        weak var body: Knowing?
        do {
            let source = Knowing()
            body = source
            let request = Request.made(
                of: ["CONTENT_TYPE": "application/x-www-form-urlencoded"],
                body: RequestBody(source: source, length: nil, limit: 100))
            #expect(try await request.form()["name"] == "Ada")
            source.request = Request(head: request.head, body: .empty)
        }
        #expect(body == nil)
    }

    // MARK: Limits

    static let limited: [(limits: FormLimits, parts: [SentPart], message: String?)] = [
        (FormLimits(fields: 2), [.text("a", ""), .file("b", [1]), .text("c", "")], nil),
        (
            FormLimits(fields: 1), [.text("a", ""), .file("b", [1]), .text("c", "")],
            "The form has more than 1 text fields."
        ),
        (FormLimits(files: 2), [.file("a", [1]), .text("b", ""), .file("c", "", [])], nil),
        (
            FormLimits(files: 1), [.file("a", [1]), .text("b", ""), .file("c", "", [])],
            "The form has more than 1 files."
        ),
        (FormLimits(files: 0), [.text("a", "")], nil),
        (FormLimits(headerSize: 41), [.text("ab", "")], nil),
        (FormLimits(headerSize: 40), [.text("ab", "")], "The header of part 1 is larger than 40 bytes."),
        (FormLimits(fieldsSize: 7), [.text("a", "bc"), .file("file", [1, 2, 3]), .text("d", "efg")], nil),
        (
            FormLimits(fieldsSize: 6), [.text("a", "bc"), .file("file", [1, 2, 3]), .text("d", "efg")],
            "The form has more than 6 bytes of text."
        ),
        (FormLimits(fieldsSize: 1), [.text("ab", "")], "The form has more than 1 bytes of text."),
        (FormLimits(fileSize: 3), [.file("a", [1, 2, 3]), .file("b", [1, 2, 3])], nil),
        (
            FormLimits(fileSize: 2), [.text("text", "long"), .file("photo", [1, 2, 3])],
            "The file photo is larger than 2 bytes."
        ),
        (FormLimits(fileSize: 2, memory: 0), [.file("photo", [1, 2, 3])], "The file photo is larger than 2 bytes."),
        (FormLimits(size: 60), [.text("a", "bc")], nil),
        (FormLimits(size: 59), [.text("a", "bc")], "The request body is larger than 59 bytes."),
    ]

    @Test("are taken up to the limits, not beyond", arguments: limited)
    func limits(limits: FormLimits, parts: [SentPart], message: String?) async throws {
        let body = SentPart.body(parts)
        let bodies = [
            RequestBody(body), RequestBody(source: Pieces(body.map { [$0] }), length: nil, limit: 1000),
        ]
        for body in bodies {
            let request = Request.made(of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"], body: body)
            let refusal = await refusal { _ = try await request.form(limits: limits) }
            #expect(refusal?.message == message)
            if message != nil { #expect(refusal?.status == 413) }
        }
    }

    @Test("are taken by whoever asks up to its own limits, though another has read them", arguments: limited)
    func laterLimits(limits: FormLimits, parts: [SentPart], message: String?) async throws {
        let request = Request.multipart(SentPart.body(parts))
        let form = try await request.form()
        let refusal = await refusal { _ = try await request.form(limits: limits) }
        #expect(refusal?.message == message)
        if message != nil { #expect(refusal?.status == 413) }
        #expect(try await request.form().count == form.count)
    }

    static let limitedURLEncoded: [(limits: FormLimits, body: String, message: String?)] = [
        (FormLimits(fields: 2), "a=1&b=2", nil),
        (FormLimits(fields: 1), "a=1&b=2", "The form has more than 1 text fields."),
        (FormLimits(fieldsSize: 7), "a=1&b=2", nil),
        (FormLimits(fieldsSize: 6), "a=1&b=2", "The request body is larger than 6 bytes."),
        (FormLimits(size: 6), "a=1&b=2", "The request body is larger than 6 bytes."),
        (FormLimits(files: 0, headerSize: 0, fileSize: 0, memory: 0), "a=1&b=2", nil),
        (FormLimits(), String(repeating: "a=1&", count: 1000), nil),
        (FormLimits(), String(repeating: "a=1&", count: 1001), "The form has more than 1000 text fields."),
        (FormLimits(), "a=" + String(repeating: "x", count: (2 << 20) - 2), nil),
        (
            FormLimits(), "a=" + String(repeating: "x", count: (2 << 20) - 1),
            "The request body is larger than 2097152 bytes."
        ),
    ]

    @Test("that are URL-encoded have the same limits", arguments: limitedURLEncoded)
    func urlEncodedLimits(limits: FormLimits, body: String, message: String?) async throws {
        let refusal = await refusal { _ = try await Request.urlEncoded(body).form(limits: limits) }
        #expect(refusal?.message == message)
        if message != nil { #expect(refusal?.status == 413) }
    }

    @Test("that are URL-encoded are taken up to each one's limits", arguments: limitedURLEncoded)
    func laterURLEncodedLimits(limits: FormLimits, body: String, message: String?) async throws {
        let request = Request.urlEncoded(body)
        _ = try await request.form(limits: FormLimits(fields: .max, fieldsSize: .max))
        #expect(await refusal { _ = try await request.form(limits: limits) }?.status == (message == nil ? nil : 413))
    }

    @Test("do not slip through a body's limit that is set behind whoever has read them")
    func laterBodyLimit() async throws {
        for original in [Request.urlEncoded("name=Ada"), Request.multipart(.text("name", "Ada"))] {
            var request = original
            let size = try #require(request.body.length)
            #expect(try await request.formAhead()["name"] == "Ada")
            request.body = request.body.limited(to: size)
            #expect(try await request.form()["name"] == "Ada")
            struct Visitor: Decodable { var name: String }
            #expect(await refusal { _ = try await request.decode(Visitor.self, upTo: size - 1) }?.status == 413)
            request.body = request.body.limited(to: size - 1)
            #expect(await refusal { _ = try await request.form() }?.status == 413)
            request.body = request.body.limited(to: size)
            #expect(try await request.form()["name"] == "Ada")
        }
    }

    @Test("are there for a middleware behind one that has read them")
    func readTwiceAhead() async throws {
        for original in [Request.urlEncoded("name=Ada"), Request.multipart(.text("name", "Ada"))] {
            var request = original
            #expect(try await request.form()["name"] == "Ada")
            #expect(try await request.formAhead()["name"] == "Ada")
            #expect(try await request.formAhead()["name"] == "Ada")
            #expect(try await request.form()["name"] == "Ada")
        }
    }

    @Test("take their limits from the configuration, or from a middleware in front")
    func configured() async throws {
        let settings = RequestSettings.test(formLimits: FormLimits(fields: 1))
        var request = Request.urlEncoded("a=1&b=2", settings: settings)
        #expect(request.formLimits.fields == 1)
        #expect(await refusal { _ = try await request.form() }?.status == 413)
        request = Request.urlEncoded("a=1&b=2", settings: settings)
        request.formLimits.fields = 2
        #expect(try await request.form().count == 2)
    }

    @Test("do not get a body's limit raised")
    func bodyLimit() async throws {
        let body = SentPart.body([.text("a", "b")])
        let request = Request.made(
            of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"],
            body: RequestBody(source: Pieces([body]), length: nil, limit: body.count - 1))
        #expect(await refusal { _ = try await request.form(limits: FormLimits(size: 1000)) }?.status == 413)
    }

    @Test("that are declared too large are refused before they are read")
    func declared() async throws {
        let source = Pieces([[1]])
        let request = Request.made(
            of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"],
            body: RequestBody(source: source, length: 1001, limit: 2000))
        #expect(await refusal { _ = try await request.form(limits: FormLimits(size: 1000)) }?.status == 413)
        #expect(await source.asked == 0)
    }

    @Test("that break off are refused with what the gateway says")
    func brokenOff() async throws {
        let source = Pieces([Array("--b\r\n".utf8)], failure: HTTPError(.badRequest, "Too short."))
        let request = Request.made(
            of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"],
            body: RequestBody(source: source, length: 100, limit: 1000))
        #expect(await refusal { _ = try await request.form() }?.message == "Too short.")
    }

    @Test("are read to the end of the body, whatever stands behind the form")
    func epilogue() async throws {
        let source = Pieces([SentPart.body([.text("a", "b")]), [1], [2]])
        let request = Request.made(
            of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"],
            body: RequestBody(source: source, length: nil, limit: 1000))
        #expect(try await request.form()["a"] == "b")
        #expect(await source.asked == 4)
    }
}

/// A body that waits until it may be read.
private actor Gated: RequestBody.Source {
    private var bytes: [UInt8]?
    private var opening: CheckedContinuation<Void, Never>?
    private var asking: CheckedContinuation<Void, Never>?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func next() async throws -> [UInt8]? {
        guard let bytes else { return nil }
        self.bytes = nil
        await withCheckedContinuation { continuation in
            opening = continuation
            asking?.resume()
            asking = nil
        }
        return bytes
    }

    func isAsked() async {
        if opening == nil { await withCheckedContinuation { asking = $0 } }
    }

    func open() {
        opening?.resume()
    }
}
