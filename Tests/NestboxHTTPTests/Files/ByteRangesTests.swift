import NestboxTesting
import Testing

@testable import NestboxHTTP

@Suite("ranges of bytes", .timeLimit(.minutes(1)))
struct ByteRangesTests {
    private func ranges(_ field: String, size: Int = 100, limit: Int = 16) -> ByteRanges {
        ByteRanges(Array(field.utf8)[...], size: size, limit: limit)
    }

    static let table: [(String, [Range<Int>])] = [
        ("bytes=0-0", [0..<1]), ("bytes=0-99", [0..<100]), ("bytes=0-", [0..<100]), ("bytes=99-", [99..<100]),
        ("bytes=10-19", [10..<20]), ("bytes=90-1000", [90..<100]), ("bytes=-1", [99..<100]), ("bytes=-100", [0..<100]),
        ("bytes=-1000", [0..<100]), ("bytes=0-99999999999999999999999", [0..<100]),
        ("bytes=-99999999999999999999999", [0..<100]), ("bytes=000000-0000000000000000000000009", [0..<10]),
        ("BYTES=0-1", [0..<2]), ("Bytes=0-1", [0..<2]), ("bytes= 0-1 ", [0..<2]), ("bytes=0-1,", [0..<2]),
        ("bytes=,,\t0-1 , ,", [0..<2]),
    ]

    @Test("are read, and cut off at the end of the file", arguments: table)
    func single(field: String, expected: [Range<Int>]) {
        #expect(ranges(field) == .parts(expected))
    }

    static let several: [(String, [Range<Int>])] = [
        ("bytes=0-0,2-2", [0..<1, 2..<3]), ("bytes=0-0,-1", [0..<1, 99..<100]),
        ("bytes=50-59, 0-9 ,20-29", [50..<60, 0..<10, 20..<30]),
        // Overlapping, touching and repeated.
        ("bytes=0-9,5-14", [0..<15]), ("bytes=0-9,10-19", [0..<20]), ("bytes=10-19,0-9", [0..<20]),
        ("bytes=0-9,0-9", [0..<10]), ("bytes=40-49,0-9,45-54", [40..<55, 0..<10]),
        ("bytes=0-9,40-49,5-14", [0..<15, 40..<50]), ("bytes=0-1,20-21,2-19", [0..<22]),
        // What is not there is left out.
        ("bytes=0-0,100-", [0..<1]), ("bytes=500-600,5-5,-0", [5..<6]),
    ]

    @Test("are made one where they overlap or touch, and keep their order", arguments: several)
    func joined(field: String, expected: [Range<Int>]) {
        #expect(ranges(field) == .parts(expected))
    }

    @Test("are limited whatever the limit says")
    func limit() {
        let most = ByteRanges.most
        func several(_ count: Int) -> String {
            "bytes=" + (0..<count).map { "\(2 * $0)-\(2 * $0)" }.joined(separator: ",")
        }
        for limit in [most, most + 1, Int.max / 4 + 1, .max] {
            #expect(ranges(several(most), size: 2 * most, limit: limit) != .whole, "\(limit)")
            #expect(ranges(several(most + 1), size: 4 * most, limit: limit) == .whole, "\(limit)")
        }
        for limit in [0, -1, .min] { #expect(ranges("bytes=0-0", limit: limit) == .whole, "\(limit)") }
        // Empty elements count, too, but four for each range.
        #expect(ranges("bytes=,,,0-0", limit: 1) == .parts([0..<1]))
        #expect(ranges("bytes=,,,,0-0", limit: 1) == .whole)
        #expect(ranges("bytes=0-0" + String(repeating: ",", count: 1 << 20), limit: .max) == .whole)
    }

    @Test(
        "beyond the end cannot be satisfied",
        arguments: ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-", "bytes=100-,-0,200-300"])
    func unsatisfiable(field: String) {
        #expect(ranges(field) == .unsatisfiable)
    }

    @Test(
        "do not count when they are malformed or of another unit",
        arguments: [
            "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=0", "bytes=1-0", "bytes=0-1-2",
            "bytes=+0-1",
            "bytes=0--1", "bytes=0 - 1", "bytes 0-1", "bytes:0-1", "items=0-1", "byte=0-1", " bytes=0-1", "bytes =0-1",
            "bytes=0-1;2-3", "bytes=0x0-0x1", "bytes=0-1,a", "bytes=5-4,0-1", "bytes=\u{660}-1", "bytes=0-1\0",
            "b\u{0}tes=0-1",
        ])
    func malformed(field: String) {
        #expect(ranges(field) == .whole)
    }

    @Test("do not count when there are too many, or more bytes than the file has")
    func tooMuch() {
        let sixteen = (0..<16).map { "\($0 * 4)-\($0 * 4)" }.joined(separator: ",")
        #expect(ranges("bytes=" + sixteen) == .parts((0..<16).map { $0 * 4..<($0 * 4 + 1) }))
        #expect(ranges("bytes=\(sixteen),99-99") == .whole)
        #expect(ranges("bytes=0-1,3-4", limit: 1) == .whole)
        #expect(ranges("bytes=0-1", limit: 0) == .whole)
        #expect(ranges("bytes=0-,0-") == .whole)
        #expect(ranges("bytes=0-,1-,2-,3-,4-") == .whole)
        #expect(ranges("bytes=0-50,0-50") == .whole)
        #expect(ranges("bytes=0-49,0-49") == .parts([0..<50]))
        #expect(ranges("bytes=0-0" + String(repeating: ",", count: 1000)) == .whole)
    }

    @Test("do not count for an empty file", arguments: ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-"])
    func empty(field: String) {
        #expect(ranges(field, size: 0) == .whole)
    }

    @Test("of the largest file there can be do not overflow")
    func largest() {
        #expect(ranges("bytes=0-", size: .max) == .parts([0..<Int.max]))
        #expect(ranges("bytes=-1,0-0", size: .max) == .parts([Int.max - 1..<Int.max, 0..<1]))
        #expect(ranges("bytes=0-,0-", size: .max) == .whole)
        #expect(ranges("bytes=-9223372036854775807", size: .max) == .parts([0..<Int.max]))
    }

    @Test("of any input lie inside the file, in order of nothing that overlaps")
    func random() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("0123456789-,-, bytes=".utf8)
        for _ in 0..<20_000 {
            let tail = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let size = Int.random(in: 0..<300, using: &generator)
            guard case .parts(let parts) = ByteRanges(("bytes=".utf8 + tail)[...], size: size, limit: 8) else {
                continue
            }
            #expect(!parts.isEmpty && parts.allSatisfy { !$0.isEmpty && (0..<size).contains($0) })
            let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
            #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        }
    }
}

extension Range<Int> {
    fileprivate func contains(_ other: Range<Int>) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
