import NestboxGateway
import NestboxHTTP
import NestboxTesting

extension FuzzTarget {
    /// What a web server sends on a connection, up to the variables that libfcgi makes of it.
    static let fastCGI = FuzzTarget("fastcgi") { input in
        let whole = try Conversation(input, in: [input[...]])
        let bytewise = try Conversation(input, in: input.pieces(upTo: 1))
        let split = try Conversation(input, in: input.pieces(upTo: 40))
        try expect(whole.failure == bytewise.failure && split.failure == bytewise.failure, "pieces change no failure")
        try expect(split.isBeginning(of: bytewise) && whole.isBeginning(of: bytewise), "pieces change no request")
        if bytewise.failure == nil {
            try expect(
                whole.isSame(as: bytewise) && split.isSame(as: bytewise), "pieces change neither requests nor replies")
        }
        for request in bytewise.requests where request.isComplete { try sendAgain(request) }
    }

    /// Sends the variables and the body that were read in records of another cut.
    private static func sendAgain(_ request: Conversation.Request) throws {
        let bytes = FastCGIRequest(variables: FastCGINameValuePairs(request.pairs), body: request.body).encoded(
            .init(keepConnection: request.keeps, paramsChunk: 7, stdinChunk: 5, padding: 3, longForm: true))
        let again = try Conversation(bytes, in: bytes.pieces(upTo: 100))
        try expect(again.failure == nil && again.requests.count == 1, "a request can be sent on")
        try expect(
            again.requests.first?.pairs == request.pairs && again.requests.first?.body == request.body,
            "a request that is sent on stays the same")
    }
}

/// What comes of bytes that a web server sends.
private struct Conversation {
    struct Request {
        var id: UInt16
        var keeps: Bool
        var pairs: [FastCGINameValuePairs.Pair]
        var body: [UInt8] = []
        var isComplete = false
        var isAborted = false

        /// Whether it is the same as far as that does not depend on when its bytes come: how much of a request comes before it
        /// is aborted does, and whether an abort comes before its answer.
        func isSame(as other: Request) -> Bool {
            id == other.id && keeps == other.keeps && pairs == other.pairs
                && (isAborted || other.isAborted || body == other.body && isComplete == other.isComplete)
        }
    }

    static let limits: RequestReader.Limits = {
        var limits = RequestReader.Limits()
        limits.parametersSize = 2000
        limits.parameterNameSize = 100
        limits.parameterValueSize = 1000
        limits.parameterCount = 50
        limits.bodyWindow = 500
        limits.maximumConnections = 10
        return limits
    }()
    private static let bodyLimit = 1500

    private(set) var requests: [Request] = []
    private(set) var replies: [UInt8] = []
    private(set) var failure: RequestReader.Failure?
    /// Whether a request is being answered.
    private var isAnswering = false

    init(_ bytes: [UInt8], in pieces: [ArraySlice<UInt8>]) throws {
        var reader = RequestReader(limits: Self.limits)
        do {
            for piece in pieces {
                var rest = piece
                repeat {
                    let taken = try reader.receive(Array(rest).span)
                    try expect(taken <= rest.count && (taken == rest.count || reader.isHolding), "all is taken")
                    rest = rest.dropFirst(taken)
                    try answer(&reader)
                    // The next request waits for the end of a connection that is being closed.
                    if reader.isHolding { return }
                } while !rest.isEmpty
            }
        } catch let error as RequestReader.Failure {
            failure = error
        }
    }

    private mutating func answer(_ reader: inout RequestReader) throws {
        while true {
            try expect(reader.parameters.count <= Self.limits.parametersSize, "parameters stay within their limit")
            replies += reader.takeReplies()
            guard reader.hasRequest else { return }
            if !isAnswering {
                isAnswering = true
                reader.beginBody(limit: Self.bodyLimit)
                requests.append(
                    Request(
                        id: reader.requestID, keeps: reader.keepConnection, pairs: try Self.pairs(reader.parameters)))
                reader.dropParameters()
            }
            let last = requests.count - 1
            requests[last].body += reader.takeBody()
            try expect(requests[last].body.count <= Self.bodyLimit, "a body stays within its limit")
            try expect(requests[last].body.count <= reader.bodyReceived, "no more is handed out than came")
            requests[last].isAborted = reader.isAborted
            requests[last].isComplete = reader.bodyEnded && !reader.isAborted && reader.bodyReceived <= Self.bodyLimit
            guard reader.isComplete else { return }
            isAnswering = false
            try reader.finishRequest()
        }
    }

    /// The variables as we see them, which libfcgi has to see too.
    private static func pairs(_ parameters: [UInt8]) throws -> [FastCGINameValuePairs.Pair] {
        var pairs: [FastCGINameValuePairs.Pair] = []
        try NameValuePairs.forEach(in: parameters.span) { pair in
            pairs.append(.init(name: parameters[pair.name], value: parameters[pair.value]))
        }
        try expect(pairs.count <= limits.parameterCount, "no more pairs than allowed")
        let variables: CGIVariables
        do {
            variables = try ParameterDecoder().decode(parameters)
        } catch {
            throw Violation(description: "libfcgi decodes what was checked: \(error)")
        }
        // httpoxy: that one goes no further.
        let expected = pairs.filter { !$0.name.elementsEqual("HTTP_PROXY".utf8) }
        let found = variables.filter { $0.name != "HTTP_PROXY" }
        try expect(
            found.count == expected.count
                && zip(found, expected).allSatisfy {
                    $0.name.isSame(as: String(decoding: $1.name, as: UTF8.self))
                        && $0.value.isSame(as: String(decoding: $1.value, as: UTF8.self))
                },
            "libfcgi has the same variables as the check in front of it")
        return pairs
    }

    /// Whether this is what comes first of the other, which may have failed later.
    func isBeginning(of other: Conversation) -> Bool {
        requests.count <= other.requests.count && other.replies.starts(with: replies)
            && zip(requests.dropLast(), other.requests).allSatisfy { $0.isSame(as: $1) }
    }

    func isSame(as other: Conversation) -> Bool {
        requests.count == other.requests.count && replies == other.replies
            && zip(requests, other.requests).allSatisfy { $0.isSame(as: $1) }
    }
}
