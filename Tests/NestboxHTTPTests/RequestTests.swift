import HTTPTypes
import NestboxHTTP
import Testing

@Suite("a request", .timeLimit(.minutes(1)))
struct RequestTests {
    @Test("has a query of ordered pairs")
    func query() throws {
        let query = try Request.made(of: ["QUERY_STRING": "a=1&b=%C3%BC+&a=2&&c"]).query
        #expect(query.map { [$0.name, $0.value] } == [["a", "1"], ["b", "ü "], ["a", "2"], ["c", ""]])
        #expect(try Request.made(of: ["QUERY_STRING": ""]).query.isEmpty)
        #expect(try Request.made(of: [:]).query.isEmpty)
    }

    @Test("refuses a query above the limits with 400", arguments: [1000, 1001])
    func longQuery(count: Int) throws {
        let request = Request.made(of: ["QUERY_STRING": String(repeating: "a&", count: count)])
        if count == 1000 {
            #expect(try request.query.count == 1000)
        } else {
            #expect(throws: HTTPError.self) { try request.query }
        }
    }

    @Test("is printed without its secrets, and on one line")
    func redaction() {
        let request = Request.made(
            of: [
                "REQUEST_METHOD": "POST", "REQUEST_URI": "/app/a%0Ab?token=hunter2", "SCRIPT_NAME": "/app",
                "PATH_INFO": "/a\nb", "QUERY_STRING": "token=hunter2", "HTTP_COOKIE": "a=hunter2",
                "HTTP_AUTHORIZATION": "hunter2",
            ], body: RequestBody(Array("hunter2".utf8)))
        #expect("\(request)" == "POST /app/a%0Ab")
        #expect(!"\(request.cookies)".contains("hunter2"))
        #expect(!"\(request.variables)".contains("hunter2"))
    }

    // MARK: JSON

    struct Bird: Codable, Equatable {
        struct Egg: Codable, Equatable { var weight: Int }
        var name: String
        var eggs: [Egg]
    }

    private func decode(_ text: String, type: String? = "application/json") async throws -> Bird {
        let variables = CGIVariables(type.map { [("CONTENT_TYPE", $0)] } ?? [])
        return try await Request(
            head: RequestHead(variables: variables, settings: .test()), body: RequestBody(Array(text.utf8))
        ).decode()
    }

    @Test(
        "reads JSON",
        arguments: [
            "application/json", "application/json; charset=utf-8", "Application/JSON ;x", "application/vnd.bird+json",
        ])
    func json(type: String) async throws {
        let bird = try await decode(#"{"name": "Wren", "eggs": [{"weight": 1}]}"#, type: type)
        #expect(bird == Bird(name: "Wren", eggs: [.init(weight: 1)]))
    }

    @Test("reads JSON of no other type", arguments: [nil, "", ";", "text/plain", "application/jsonp", "text/json-seq"])
    func otherTypes(type: String?) async {
        let error = await #expect(throws: HTTPError.self) { try await decode("{}", type: type) }
        #expect(error?.status == .unsupportedMediaType)
    }

    static let mistakes: [(json: String, status: Int, message: String)] = [
        (#"{"name": "Wren"}"#, 422, "eggs: is missing."),
        (#"{"name": 7, "eggs": []}"#, 422, "name: must be a string."),
        (#"{"name": null, "eggs": []}"#, 422, "name: is null."),
        (#"{"name": "Wren", "eggs": {}}"#, 422, "eggs: must be an array."),
        (#"{"name": "Wren", "eggs": [1]}"#, 422, "eggs.0: must be an object."),
        (
            #"{"name": "Wren", "eggs": [{"weight": 1}, {"weight": "hunter2"}]}"#, 422,
            "eggs.1.weight: must be a whole number."
        ),
        (#"{"name": "Wren", "eggs": [{"weight": 1}, {}]}"#, 422, "eggs.1.weight: is missing."),
        (#"{"name": "Wren", "eggs": [{"weight": 1e300}]}"#, 422, "eggs.0.weight: has a value that does not fit."),
        (#"{"name": "Wren", "eggs": [{"weight": 1.5}]}"#, 422, "eggs.0.weight: has a value that does not fit."),
        ("[]", 422, "The body must be an object."),
        ("", 400, "The body is not valid JSON: see line 1, column 1."),
        ("{", 400, "The body is not valid JSON: see line 1, column 2."),
        ("nonsense hunter2", 400, "The body is not valid JSON: see line 1, column 2."),
        ("{\n  \"name\": \"Wren\",\n  \"eggs\": [},\n}", 400, "The body is not valid JSON: see line 3, column 12."),
    ]

    @Test("says which field of the JSON is wrong, and not what was in it", arguments: mistakes)
    func decodingErrors(json: String, status: Int, message: String) async {
        let refusal = await refusal { _ = try await decode(json) }
        #expect(refusal?.status == status)
        #expect(refusal?.message == message)
    }

    @Test("is not impressed by JSON that is nested deeply or is no UTF-8")
    func hostileJSON() async {
        for text in [String(repeating: "[", count: 1_000_000), String(repeating: #"{"name":"#, count: 100_000)] {
            await #expect(throws: (any Error).self) { try await decode(text) }
        }
        let request = Request.made(of: ["CONTENT_TYPE": "application/json"], body: RequestBody([0x22, 0xFF, 0x22]))
        _ = try? await request.decode(String.self)
    }

    @Test("reads no more JSON than the limit")
    func limitedJSON() async {
        let request = Request.made(of: ["CONTENT_TYPE": "application/json"], body: RequestBody(Array("[1,2]".utf8)))
        let error = await #expect(throws: HTTPError.self) { try await request.decode([Int].self, upTo: 4) }
        #expect(error?.status == .contentTooLarge)
    }

    // MARK: Forms

    @Test("reads a form")
    func form() async throws {
        let request = Request.made(
            of: ["CONTENT_TYPE": "application/x-www-form-urlencoded; charset=UTF-8"],
            body: RequestBody(Array("name=Zaunk%C3%B6nig+&name=".utf8)))
        #expect(request.hasFormBody)
        #expect(try await request.form().values(for: "name") == ["Zaunkönig ", ""])
    }

    static let badForms: [(String, String, Int?, HTTPResponse.Status)] = [
        ("multipart/mixed", "a=1", nil, .unsupportedMediaType),
        ("multipart/form-data", "a=1", nil, .badRequest),
        ("", "a=1", nil, .unsupportedMediaType),
        ("application/x-www-form-urlencoded", "a=1", 2, .contentTooLarge),
        ("application/x-www-form-urlencoded", String(repeating: "a&", count: 1001), nil, .contentTooLarge),
    ]

    @Test("refuses what is no form, or too much of one", arguments: badForms)
    func badForm(type: String, body: String, limit: Int?, status: HTTPResponse.Status) async {
        let request = Request(
            head: RequestHead(variables: CGIVariables([("CONTENT_TYPE", type)]), settings: .test()),
            body: RequestBody(Array(body.utf8)))
        let refusal = await refusal { _ = try await request.form(limits: FormLimits(size: limit ?? .max)) }
        #expect(refusal?.status == status.code)
    }

    // MARK: Parameters

    @Test("has parameters that are converted, missing, or no such value")
    func parameters() throws {
        var parameters = PathParameters()
        parameters.append(name: "id", value: "12")
        parameters.append(name: "name", value: "a/b")
        #expect(parameters.get("id") == "12")
        #expect(parameters.get("id", as: Int.self) == 12)
        #expect(parameters.get("name", as: Int.self) == nil)
        #expect(parameters.get("other") == nil)
        #expect(try parameters.require("name") == "a/b")
        #expect(parameters.map(\.name) == ["id", "name"])
        #expect(throws: MissingParameterError.self) { try parameters.require("other") }
        #expect(throws: MissingParameterError.self) { try parameters.require("other", as: Int.self) }
        let error = #expect(throws: HTTPError.self) { try parameters.require("name", as: Int.self) }
        #expect(error?.status == .notFound)
    }
}
