import FoundationEssentials
import HTTPTypes
import NestboxHTTP
import Testing

@Suite("decoding forms", .timeLimit(.minutes(1)))
struct FormDecoderTests {
    enum Colour: String, Decodable { case red, blue }
    enum Level: Int, Decodable { case low = 1, high }

    struct Entry: Decodable, Equatable {
        var name: String
        var nickname: String?
        var age: Int?
        var height: Double?
        var colour: Colour?
        var level: Level?
        var tags: [String]
        var numbers: Set<Int>?
        var subscribe: Bool
        var newsletter: Bool?
        var id: UUID?
    }

    private func decode<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try URLEncodedForm(parsing: text).decode(type)
    }

    private func message<Value: Decodable>(_ text: String, as type: Value.Type) -> String? {
        let error = #expect(throws: FieldError.self) { try decode(text, as: type) }
        #expect(error?.httpError.status == .unprocessableContent)
        #expect(error?.httpError.message == error?.description)
        return error?.description
    }

    @Test("gives each property the field of its name, whatever else there is")
    func properties() throws {
        let entry: Entry = try decode(
            "other=1&name=Ada&nickname=A&age=36&height=1.7&colour=red&level=2&tags=a&tags=b&numbers=1&numbers=2"
                + "&numbers=1&subscribe=on&newsletter=off&id=6A0DB8B0-8A9E-4A5E-9C3B-000000000001")
        #expect(
            entry
                == Entry(
                    name: "Ada", nickname: "A", age: 36, height: 1.7, colour: .red, level: .high, tags: ["a", "b"],
                    numbers: [1, 2], subscribe: true, newsletter: false,
                    id: UUID(uuidString: "6A0DB8B0-8A9E-4A5E-9C3B-000000000001")))
    }

    @Test("takes what a browser does not send for false, empty or nil")
    func absent() throws {
        let entry: Entry = try decode("name=")
        #expect(entry == Entry(name: "", tags: [], subscribe: false))
    }

    @Test("takes inputs that were left empty for nil, but not a text")
    func empty() throws {
        let entry: Entry = try decode(
            "name=&nickname=&age=&height=&colour=&level=&tags=&numbers=&subscribe=&newsletter=&id=")
        #expect(entry == Entry(name: "", nickname: "", tags: [""], subscribe: false))
    }

    @Test("takes the first of several fields for a property that is one")
    func first() throws {
        struct Page: Decodable { var number: Int }
        #expect(try decode("number=2&number=3", as: Page.self).number == 2)
    }

    static let switches: [(text: String, value: Bool?)] = [
        ("on", true), ("true", true), ("1", true), ("yes", true), ("off", false), ("false", false), ("0", false),
        ("no", false), ("", false), ("On", nil), ("2", nil), (" on", nil), ("ja", nil),
    ]

    @Test("knows what is on and what is off", arguments: switches)
    func bool(text: String, value: Bool?) throws {
        struct Box: Decodable { var box: Bool }
        let query = URLEncodedForm([.init(name: "box", value: text)]).serialized
        if let value {
            #expect(try decode(query, as: Box.self).box == value)
        } else {
            #expect(message(query, as: Box.self) == "box: \"\(text)\" is neither on nor off.")
        }
    }

    struct Numbers: Decodable {
        var int: Int?
        var small: Int8?
        var byte: UInt8?
        var double: Double?
        var float: Float?
    }

    static let goodNumbers: [(text: String, value: Double)] = [
        ("int=0", 0), ("int=-1", -1), ("int=007", 7), ("int=%2B5", 5), ("int=9223372036854775807", 0x1p63),
        ("small=-128", -128), ("byte=255", 255), ("double=-1.5e3", -1500), ("double=.5", 0.5), ("float=2", 2),
    ]

    @Test("reads numbers", arguments: goodNumbers)
    func numbers(text: String, value: Double) throws {
        let numbers = try decode(text, as: Numbers.self)
        let found: [Double?] = [
            numbers.int.map(Double.init), numbers.small.map(Double.init), numbers.byte.map(Double.init), numbers.double,
            numbers.float.map(Double.init),
        ]
        #expect(found.compactMap { $0 } == [value])
    }

    static let wrongNumbers: [(text: String, message: String)] = [
        ("int=abc", #"int: "abc" is not a whole number."#),
        ("int=1.0", #"int: "1.0" is not a whole number."#),
        ("int=+1", #"int: " 1" is not a whole number."#),
        ("int=0x10", #"int: "0x10" is not a whole number."#),
        ("int=-", #"int: "-" is not a whole number."#),
        ("int=%D9%A1", "int: \"\u{661}\" is not a whole number."),
        (
            "int=9223372036854775808",
            #"int: "9223372036854775808" is not between -9223372036854775808 and 9223372036854775807."#
        ),
        ("small=-129", #"small: "-129" is not between -128 and 127."#),
        ("byte=256", #"byte: "256" is not between 0 and 255."#),
        ("byte=-1", #"byte: "-1" is not between 0 and 255."#),
        ("double=x", #"double: "x" is not a number."#),
        ("double=nan", #"double: "nan" is not a number."#),
        ("double=inf", #"double: "inf" is not a number."#),
        ("double=0x1p3", #"double: "0x1p3" is not a number."#),
        ("double=1e999", #"double: "1e999" is not a number."#),
        ("double=1,5", #"double: "1,5" is not a number."#),
        ("int=%00%1B%5Ba", #"int: "[a" is not a whole number."#),
        (
            "int=\(String(repeating: "x", count: 1000))",
            #"int: "\#(String(repeating: "x", count: 40))…" is not a whole number."#
        ),
    ]

    @Test("refuses what is no number, or does not fit", arguments: wrongNumbers)
    func badNumbers(text: String, message: String) {
        #expect(self.message(text, as: Numbers.self) == message)
    }

    struct Strict: Decodable {
        var name: String
        var age: Int
        var colour: Colour
        var numbers: [Int]
        var id: UUID
    }

    static let wrongFields: [(text: String, message: String)] = [
        ("", "name: is missing."),
        ("name=", "age: is missing."),
        ("name=&age=", #"age: "" is not a whole number."#),
        ("name=&age=1", "colour: is missing."),
        ("name=&age=1&colour=", "colour: is empty."),
        ("name=&age=1&colour=green", "colour: has a value that is not allowed."),
        ("name=&age=1&colour=red&numbers=1&numbers=x", #"numbers: "x" is not a whole number."#),
        ("name=&age=1&colour=red&numbers=1", "id: is missing."),
        ("name=&age=1&colour=red&id=x", "id: has a value that is not allowed."),
    ]

    @Test("names the field that is missing or wrong", arguments: wrongFields)
    func mistakes(text: String, message: String) {
        #expect(self.message(text, as: Strict.self) == message)
    }

    @Test("makes a dictionary of all fields")
    func dictionary() throws {
        #expect(try decode("a=1&b=2&a=3", as: [String: Int].self) == ["a": 1, "b": 2])
        #expect(try decode("a=1&b=2&a=3", as: [String: [Int]].self) == ["a": [1, 3], "b": [2]])
    }

    @Test("uses the names that a type gives its properties")
    func codingKeys() throws {
        struct Search: Decodable {
            var tags: [String]
            enum CodingKeys: String, CodingKey { case tags = "tags[]" }
        }
        #expect(try decode("tags[]=a&tags[]=b", as: Search.self).tags == ["a", "b"])
    }

    // MARK: Types with a decoding of their own

    struct Fussy: Decodable {
        enum CodingKeys: CodingKey { case from, to }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let from = try container.decode(Int.self, forKey: .from)
            let to = try container.decodeIfPresent(Int.self, forKey: .to)
            guard from > 0 else {
                throw DecodingError.dataCorruptedError(forKey: .from, in: container, debugDescription: "secret")
            }
            guard let to else {
                throw DecodingError.keyNotFound(CodingKeys.to, .init(codingPath: [], debugDescription: "secret"))
            }
            guard to < 100 else {
                throw DecodingError.typeMismatch(
                    Int.self, .init(codingPath: [CodingKeys.to], debugDescription: "secret"))
            }
            guard to > from else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "secret"))
            }
        }
    }

    struct Coupon: Decodable {
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            _ = try container.decode(String.self)
            throw DecodingError.valueNotFound(
                Int.self, .init(codingPath: container.codingPath, debugDescription: "secret"))
        }
    }

    @Test(
        "answers errors that a type throws about its fields with 422 and their names",
        arguments: [
            ("from=1&to=2", nil), ("from=0&to=1", "from: has a value that is not allowed."),
            ("from=1", "to: is missing."), ("from=1&to=100", "to: has a value that is not allowed."),
            ("from=2&to=1", "The form has a value that is not allowed."),
        ])
    func ownErrors(text: String, message: String?) async {
        let refusal = await refusal { _ = try await Request.urlEncoded(text).decode(Fussy.self) }
        #expect(refusal?.message == message)
        #expect(refusal?.status == (message == nil ? nil : 422))
    }

    @Test("answers errors that a property's type throws with 422 and its name")
    func ownErrorOfProperty() {
        struct Order: Decodable { var coupon: Coupon }
        #expect(message("coupon=x", as: Order.self) == "coupon: has a value that is not allowed.")
        #expect(message("coupon=x", as: [String: [Coupon]].self) == "coupon: has a value that is not allowed.")
    }

    struct Offer: Decodable, Equatable {
        var link: URL?
        var price: Decimal?
        var day: Date?
        var days: [Date]?
    }

    @Test("reads addresses, amounts and days")
    func foundation() throws {
        let day = Date(timeIntervalSince1970: 1_709_164_800)
        #expect(
            try decode("link=https://example.org/a?b&price=-12.50&day=2024-02-29&days=1970-01-01&days=2024-02-29")
                == Offer(
                    link: URL(string: "https://example.org/a?b"), price: Decimal(string: "-12.5"), day: day,
                    days: [Date(timeIntervalSince1970: 0), day]))
        #expect(try decode("link=&price=&day=") == Offer())
        let digits = String(repeating: "9", count: 38)
        #expect(try decode("price=\(digits)") == Offer(price: Decimal(string: digits)))
        #expect(try decode("price=.5") == Offer(price: Decimal(string: "0.5")))
    }

    static let wrongFoundation: [(text: String, message: String)] = [
        ("link=http://[::1", #"link: "http://[::1" is not a URL."#),
        ("price=1e5", #"price: "1e5" is not a number."#),
        ("price=1-2", #"price: "1-2" is not a number."#),
        ("price=.", #"price: "." is not a number."#),
        ("price=1.2.3", #"price: "1.2.3" is not a number."#),
        ("price=%D9%A1", "price: \"\u{661}\" is not a number."),
        ("price=\(String(repeating: "1", count: 39))", "price: has more than 38 digits."),
        ("day=2023-02-29", #"day: "2023-02-29" is not a date such as 2026-05-31."#),
        ("day=2024-13-01", #"day: "2024-13-01" is not a date such as 2026-05-31."#),
        ("day=2024-00-01", #"day: "2024-00-01" is not a date such as 2026-05-31."#),
        ("day=2024-01-00", #"day: "2024-01-00" is not a date such as 2026-05-31."#),
        ("day=0000-01-01", #"day: "0000-01-01" is not a date such as 2026-05-31."#),
        ("day=2024-1-01", #"day: "2024-1-01" is not a date such as 2026-05-31."#),
        ("day=2024-01-01T00:00", #"day: "2024-01-01T00:00" is not a date such as 2026-05-31."#),
        ("day=12345", #"day: "12345" is not a date such as 2026-05-31."#),
        ("days=1970-01-01&days=x", #"days: "x" is not a date such as 2026-05-31."#),
    ]

    @Test("refuses what is no address, amount or day", arguments: wrongFoundation)
    func badFoundation(text: String, message: String) {
        #expect(self.message(text, as: Offer.self) == message)
    }

    @Test("takes time by the number of fields, not by its square")
    func manyNames() throws {
        let fields = (0..<50_000).map { URLEncodedForm.Field(name: "n\($0)", value: "\($0)") }
        let start = ContinuousClock.now
        #expect(try URLEncodedForm(fields).decode([String: Int].self).count == fields.count)
        let duration = ContinuousClock.now - start
        // By the square it is minutes.
        #expect(duration < .seconds(10))
    }

    @Test("tells names apart that only look the same")
    func bytesOfNames() throws {
        struct Names: Decodable {
            var composed: String
            var decomposed: String
            enum CodingKeys: String, CodingKey {
                case composed = "\u{E9}"
                case decomposed = "e\u{301}"
            }
        }
        let names: Names = try decode("e%CC%81=2&%C3%A9=1")
        #expect(names.composed == "1")
        #expect(names.decomposed == "2")
    }

    @Test("is no server's secret when a type cannot be a form")
    func unsupported() {
        struct Nested: Decodable { var inner: Strict }
        #expect(throws: DecodingError.self) { try decode("inner=1", as: Nested.self) }
        #expect(throws: DecodingError.self) { try decode("a=1", as: [Int].self) }
        #expect(throws: DecodingError.self) { try decode("a=1", as: Int.self) }
    }

    // MARK: Files

    struct Upload: Decodable {
        var title: String
        var photo: UploadedFile
        var others: [UploadedFile]
        var optional: UploadedFile?
    }

    @Test("gives properties files")
    func files() async throws {
        let upload: Upload = try await Request.multipart(
            .file("photo", "a", [1]), .text("title", "T"), .file("others", "b", []), .file("others", "c", [3]),
            .file("optional", "", [])
        ).decode()
        #expect(upload.photo.filename == "a")
        #expect(upload.others.map(\.filename) == ["b", "c"])
        #expect(upload.optional == nil)
    }

    static let wrongFiles: [(parts: [SentPart], message: String)] = [
        ([.text("title", "T")], "photo: is missing."),
        ([.text("title", "T"), .file("photo", "", [])], "photo: is missing."),
        ([.text("title", "T"), .text("photo", "x")], "photo: is a text; a file is expected."),
        ([.file("title", [1])], "title: is a file; a text is expected."),
        (
            [.text("title", "T"), .file("photo", [1]), .file("others", [1]), .text("others", "x")],
            "others: is a text; a file is expected."
        ),
    ]

    @Test("names the field whose file is missing, or none", arguments: wrongFiles)
    func fileMistakes(parts: [SentPart], message: String) async {
        let request = Request.multipart(SentPart.body(parts))
        let refusal = await refusal { _ = try await request.decode(Upload.self) }
        #expect(refusal?.status == 422)
        #expect(refusal?.message == message)
    }

    // MARK: Requests

    @Test("is one function for bodies of all types, and one for queries")
    func requests() async throws {
        struct Bird: Decodable, Equatable {
            var name: String
            var eggs: Int?
        }
        let wren = Bird(name: "Wren", eggs: 5)
        let json = Request.made(
            of: ["CONTENT_TYPE": "application/json"], body: RequestBody(Array(#"{"name":"Wren","eggs":5}"#.utf8)))
        #expect(try await json.decode(Bird.self) == wren)
        #expect(try await Request.urlEncoded("name=Wren&eggs=5").decode(Bird.self) == wren)
        #expect(try await Request.multipart(.text("name", "Wren"), .text("eggs", "5")).decode(Bird.self) == wren)
        #expect(try Request.made(of: ["QUERY_STRING": "name=Wren&eggs=5"]).query.decode(Bird.self) == wren)
        let limited = Request.urlEncoded("name=Wren&eggs=5")
        #expect(await refusal { _ = try await limited.decode(Bird.self, upTo: 10) }?.status == 413)
        let text = Request.made(of: ["CONTENT_TYPE": "text/plain"], body: RequestBody(Array("name=Wren".utf8)))
        #expect(await refusal { _ = try await text.decode(Bird.self) }?.status == 415)
    }
}
