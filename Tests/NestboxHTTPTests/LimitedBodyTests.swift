import HTTPTypes
import NestboxHTTP
import Testing

@Suite("limits of bodies", .timeLimit(.minutes(1)))
struct LimitedBodyTests {
    private func status(of work: () async throws -> [UInt8]) async -> Int {
        do {
            return try await work().count
        } catch {
            return -((error as? HTTPError)?.status.code ?? 0)
        }
    }

    /// Declared length, limit, bytes that were read or the status of the error.
    static let table: [(Int?, Int, Int)] = [
        (6, 6, 6), (6, 5, -413), (6, 0, -413), (6, 100, 6), (nil, 6, 6), (nil, 5, -413), (nil, 0, -413), (nil, 100, 6),
    ]

    @Test("hold for declared lengths and for others", arguments: table)
    func limits(length: Int?, limit: Int, result: Int) async {
        let pieces = Pieces([[1, 2, 3], [4, 5, 6]])
        let body = RequestBody(source: pieces, length: length, limit: 1000).limited(to: limit)
        #expect(await status { try await body.collect() } == result)
        // With a length that is too long nothing is read at all.
        if length != nil, result < 0 { #expect(await pieces.asked == 0) }
    }

    @Test("are replaced and not added, and count what was read before", arguments: [(5, -413), (6, 3)])
    func replaced(limit: Int, result: Int) async throws {
        let body = RequestBody(source: Pieces([[1, 2, 3], [4, 5, 6]]), length: nil, limit: 1000).limited(to: 4)
        let iterator = body.makeAsyncIterator()
        _ = try await iterator.next()
        let again = body.limited(to: limit)
        #expect(await status { try await again.collect() } == result)
    }

    @Test("hold for bodies in memory, and say nothing to empty ones")
    func memory() async throws {
        #expect(await status { try await RequestBody([1, 2, 3]).limited(to: 2).collect() } == -413)
        #expect(await status { try await RequestBody([1, 2, 3]).limited(to: 3).collect() } == 3)
        #expect(try await RequestBody.empty.limited(to: 0).collect() == [])
    }

    @Test(
        "let a route have more than the usual, and no more than the gateway takes",
        arguments: [(nil, -413), (20, 20), (40, -413)] as [(Int?, Int)])
    func usual(limit: Int?, result: Int) async {
        let settings = RequestSettings.test(bodyLimit: 10, largestBody: 30)
        let size = result == -413 && limit != nil ? 35 : 20
        let head = RequestHead(variables: CGIVariables([("REQUEST_METHOD", "POST")]), settings: settings)
        #expect(head.bodyLimit == 30)
        let source = Pieces([[UInt8](repeating: 1, count: size)], failure: size > 30 ? RequestBody.tooLarge(30) : nil)
        let request = Request(head: head, body: RequestBody(source: source, length: nil, limit: head.bodyLimit))
        let body = limit.map { request.body.limited(to: min($0, 30)) } ?? request.body
        #expect(await status { try await body.collect() } == result)
    }
}
