import HTTPTypes
import NestboxHTTP
import Testing

@Suite("the body of a request", .timeLimit(.minutes(1)))
struct RequestBodyTests {
    @Test("is collected", arguments: [[], [[1, 2, 3]], [[1], [2], [3, 4]]] as [[[UInt8]]])
    func collecting(pieces: [[UInt8]]) async throws {
        let body = RequestBody(source: Pieces(pieces), length: nil, limit: 4)
        #expect(try await body.collect() == pieces.flatMap(\.self))
    }

    @Test("may be as long as the limit, and no longer, whether its length is known or not", arguments: [nil, 4, 5])
    func limits(length: Int?) async throws {
        let pieces: [[UInt8]] = length == 5 ? [[1, 2], [3, 4, 5]] : [[1, 2], [3, 4]]
        let exact = RequestBody(source: Pieces(pieces), length: length, limit: 100)
        #expect(try await exact.collect(upTo: pieces.joined().count).count == pieces.joined().count)
        let source = Pieces(pieces)
        let long = RequestBody(source: source, length: length, limit: 100)
        #expect(
            await #expect(throws: HTTPError.self) { _ = try await long.collect(upTo: pieces.joined().count - 1) }?
                .status == .contentTooLarge)
        // A length that is declared is enough to know.
        #expect(await source.asked == (length == nil ? 2 : 0))
    }

    @Test("is limited by the configuration when nobody says otherwise")
    func defaultLimit() async throws {
        let body = RequestBody(source: Pieces([[1, 2], [3]]), length: nil, limit: 2)
        #expect(await #expect(throws: HTTPError.self) { _ = try await body.collect() }?.status == .contentTooLarge)
    }

    @Test("takes memory for what has come, and not for what was announced")
    func announced() async throws {
        let body = RequestBody(source: Pieces([[1], [2]]), length: 1 << 60, limit: .max)
        #expect(try await body.collect() == [1, 2])
    }

    @Test("passes on what goes wrong while it is read")
    func failure() async throws {
        let source = Pieces([[1]], failure: HTTPError(.badRequest))
        let body = RequestBody(source: source, length: 2, limit: 10)
        #expect(await #expect(throws: HTTPError.self) { _ = try await body.collect() }?.status == .badRequest)
    }

    @Test("is handed out once, and a second reader goes on where the first one stopped")
    func iteration() async throws {
        let body = RequestBody(source: Pieces([[1], [2], [3]]), length: nil, limit: 10)
        for try await piece in body {
            #expect(piece == [1])
            break
        }
        #expect(try await body.collect() == [2, 3])
        let bytes = RequestBody([1, 2])
        #expect(bytes.length == 2)
        #expect(try await bytes.collect() == [1, 2])
        #expect(try await bytes.collect() == [])
        #expect(try await RequestBody.empty.collect() == [])
    }
}
