import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("shared hosting", .enabled(if: StaticProgram.isBuilt, "scripts/cgi.sh Counter makes the program"))
    struct SharedHosting {}
}

extension Integration.SharedHosting {
    @Suite("the file that make cgi makes")
    struct StaticProgramTests {
        private static let secret = ["APP_SECRET_1": "a stork on the chimney, a swift below the eaves"]

        /// A number of so many bytes in a file, the lowest one first.
        private func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> Int {
            bytes[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        @Test("has 20 MB at most, and asks for no loader and no library")
        func form() throws {
            let bytes = try File.bytes(StaticProgram.path)
            #expect(bytes.count <= 20_000_000, "\(bytes.count) bytes")
            try #require(bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]))
            let (table, size, count) = (number(bytes, 32, 8), number(bytes, 54, 2), number(bytes, 56, 2))
            let types = (0..<count).map { number(bytes, table + $0 * size, 4) }
            // PT_LOAD is there, PT_DYNAMIC and PT_INTERP are not.
            #expect(types.contains(1) && !types.contains(2) && !types.contains(3), "\(types)")
            // Stripped: neither a table of symbols nor debug information.
            let (sections, sectionSize, sectionCount) = (
                number(bytes, 40, 8), number(bytes, 58, 2), number(bytes, 60, 2)
            )
            let kinds = (0..<sectionCount).map { number(bytes, sections + $0 * sectionSize + 4, 4) }
            #expect(!kinds.contains(2), "\(kinds)")
        }

        @Test("runs where there is no other file, not even /proc and /dev", .enabled(if: geteuid() == 0))
        func emptyRoot() throws {
            let directory = try TemporaryDirectory()
            try StaticProgram.copy(to: directory.path("Counter.cgi"))
            let output = try ChildProcess(
                Repository.tool("chroot") ?? "/usr/sbin/chroot", [directory.path, "/Counter.cgi"],
                environment: Integration.CGITests.environment(adding: Self.secret)
            ).output()
            #expect(output.stderr.isEmpty, "\(String(decoding: output.stderr, as: UTF8.self))")
            #expect(try CGIResponse(parsing: output.stdout).text.contains("id=\"visits\">0<"))
            #expect(output.status == .exited(0))
        }

        @Test("finds its configuration without /proc, too", .enabled(if: geteuid() == 0))
        func configurationInJail() throws {
            let directory = try TemporaryDirectory()
            mkdir(directory.path("bin"), 0o755)
            try StaticProgram.copy(to: directory.path("bin/Counter.cgi"))
            try directory.write("APP_SECRET_1=\(Self.secret["APP_SECRET_1"] ?? "")\n", to: "bin/nestbox.env")
            let output = try ChildProcess(
                Repository.tool("chroot") ?? "/usr/sbin/chroot", [directory.path, "/bin/Counter.cgi"],
                environment: Integration.CGITests.environment()
            ).output()
            #expect(try CGIResponse(parsing: output.stdout).status == 200)
        }

        @Test("starts in an instant")
        func start() throws {
            let clock = ContinuousClock()
            var times: [Duration] = []
            for _ in 0..<40 {
                let begin = clock.now
                let child = try ChildProcess(
                    StaticProgram.path, environment: Integration.CGITests.environment(adding: Self.secret))
                #expect(try child.output().status == .exited(0))
                times.append(clock.now - begin)
            }
            // About 2 ms on an idle machine.
            let median = times.sorted()[times.count / 2]
            #expect(median < .milliseconds(50), "\(median)")
        }
    }
}
