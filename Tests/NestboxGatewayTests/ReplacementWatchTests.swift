import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("a watch for replaced programs")
struct ReplacementWatchTests {
    /// What is seen in looks that are far enough from each other.
    private static func looks(at program: ProgramFile, _ count: UInt64) -> [Bool] {
        var watch = ReplacementWatch(program)
        return (1...count).map { watch.look(now: $0 * 2_000_000_000) }
    }

    @Test("sees nothing while the file is the one that runs")
    func same() {
        #expect(Self.looks(at: .current, 3) == [false, false, false])
    }

    @Test("sees a file that was replaced before it began, once, when it was the same twice")
    func before() throws {
        let directory = try TemporaryDirectory()
        try directory.write("#!/bin/sh\n", to: "program", mode: 0o755)
        let program = ProgramFile(path: Array(directory.path("program").utf8CString))
        #expect(Self.looks(at: program, 4) == [false, true, false, false])
    }
}
