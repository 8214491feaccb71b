import NestboxHTTP
import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("libfcgi, as the gateway uses it", .timeLimit(.minutes(1)))
struct ParameterDecoderTests {
    private static func value(_ count: Int) -> String { String(repeating: "v", count: count) }

    /// The variables that come out when `pairs` go in.
    private static func decoded(
        _ pairs: FastCGINameValuePairs, longForm: Bool = false, by decoder: ParameterDecoder = ParameterDecoder()
    ) throws -> FastCGINameValuePairs {
        let variables = try decoder.decode(pairs.encoded(longForm: longForm))
        return FastCGINameValuePairs(variables.map { ($0.name, $0.value) })
    }

    @Test(
        "decodes values of all sizes, one decoder after the other and the same again and again",
        arguments: [
            0, 1, 126, 127, 128, 129, 255, 256, 8175, 8184, 8192, 16_383, 65_526, 65_527, 65_528, 65_535, 65_536,
            200_000,
        ])
    func sizes(count: Int) throws {
        let pairs: FastCGINameValuePairs = ["FIRST": "1", "VALUE": Self.value(count), "LAST": "2"]
        let decoder = ParameterDecoder()
        for _ in 0..<3 {
            #expect(try Self.decoded(pairs, by: decoder) == pairs)
            #expect(try Self.decoded(pairs, longForm: true, by: decoder) == pairs)
            #expect(try Self.decoded(["SMALL": "x"], by: decoder) == ["SMALL": "x"])
        }
    }

    @Test("decodes names of all sizes, many pairs, and none")
    func names() throws {
        for count in [1, 127, 128, 255, 1024, 70_000] {
            let pairs: FastCGINameValuePairs = [String(repeating: "N", count: count): "v"]
            #expect(try Self.decoded(pairs) == pairs)
        }
        let many = FastCGINameValuePairs((0..<5000).map { ("NAME_\($0)", "\($0)") })
        #expect(try Self.decoded(many) == many)
        #expect(try Self.decoded([:]).isEmpty)
    }

    @Test("decodes up to the largest size that can be configured")
    func largest() throws {
        let pairs: FastCGINameValuePairs = ["A": Self.value(500_000), "B": Self.value(499_980)]
        let decoder = ParameterDecoder()
        #expect(try Self.decoded(pairs, by: decoder) == pairs)
        #expect(try Self.decoded(["SMALL": "x"], by: decoder) == ["SMALL": "x"])
    }

    @Test("keeps bytes, repeated names and equal signs in values as they are")
    func contents() throws {
        let bytes = (1...255).map { UInt8($0) }
        let variables = try ParameterDecoder().decode(
            FastCGINameValuePairs([.init(name: "A".utf8, value: bytes)]).encoded())
        #expect(variables[bytes: "A"].map(Array.init) == bytes)
        let repeated: FastCGINameValuePairs = ["A": "1", "B": "=x=", "A": "2", "FCGI_ROLE": "mine"]
        #expect(try Self.decoded(repeated) == repeated)
    }

    @Test("leaves out HTTP_PROXY, and the role that libfcgi adds")
    func leftOut() throws {
        #expect(
            try Self.decoded(["A": "1", "HTTP_PROXY": "evil", "HTTP_PROXY_X": "good"]) == [
                "A": "1", "HTTP_PROXY_X": "good",
            ])
    }

    @Test(
        "fails on what the checks in front of it let nobody send, and works again afterwards",
        arguments: [[0x80], [5, 5, 1], [0xFF, 0xFF, 0xFF, 0xFF, 1], [1, 0xC0, 0, 0, 0, 65]] as [[UInt8]])
    func failure(bytes: [UInt8]) throws {
        let decoder = ParameterDecoder()
        for _ in 0..<3 {
            #expect(throws: ParameterDecoder.Failure.self) { try decoder.decode(bytes) }
            #expect(try Self.decoded(["A": "b"], by: decoder) == ["A": "b"])
        }
    }
}
