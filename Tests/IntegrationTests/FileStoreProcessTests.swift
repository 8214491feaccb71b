import Glibc
import Logging
import NestboxSessions
import NestboxTesting
import Testing

extension Integration {
    @Suite("the file store among processes")
    struct FileStoreProcessTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func open(_ path: String? = nil) throws -> FileSessionStore {
            try FileSessionStore(
                directory: path ?? directory.path("sessions"),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        private func writer(_ arguments: [String], in path: String? = nil) throws -> ChildProcess {
            try ChildProcess(
                ExampleProgram.path("SessionWriter"), [path ?? directory.path("sessions")] + arguments)
        }

        /// Starts it from a shell, after a command that limits it.
        private func limited(_ command: String, _ arguments: [String], in path: String? = nil) throws -> ChildProcess {
            try ChildProcess(
                "/bin/sh",
                [
                    "-c", "\(command); exec \"$@\"", "sh", ExampleProgram.path("SessionWriter"),
                    path ?? directory.path("sessions"),
                ] + arguments)
        }

        private func text(_ child: ChildProcess, timeout: Duration = .seconds(20)) throws -> String {
            let output = try child.output(timeout: timeout)
            return String(decoding: output.stdout + output.stderr, as: UTF8.self)
        }

        @Test("processes that count one session up lose nothing")
        func increments() async throws {
            let store = try open()
            let session = try await store.create(SessionRecord(values: ["n": 0], createdAt: 1))
            let writers = try (0..<3).map { _ in try writer(["increment", session.token.value, "2000"]) }
            for writer in writers { #expect(try writer.wait(timeout: .seconds(60)) == .exited(0)) }
            #expect(try await store.load(session.token).session?.record.values["n"] == 6000)
        }

        @Test("a writer that is killed at any moment leaves every session as it was or as it wanted it")
        func kills() async throws {
            let store = try open()
            var tokens: [SessionToken] = []
            for _ in 0..<10 {
                let record = SessionRecord(values: ["n": 1, "text": "1;"], createdAt: 1)
                tokens.append(try await store.create(record).token)
            }
            var seen: Set<SessionValue> = []
            for round in 0..<200 {
                let writer = try writer(["churn"] + tokens.map(\.value))
                // It has begun when it says so; then it may write for up to eight milliseconds.
                _ = try writer.waitForLine(containing: "writing", on: .stdout)
                let end = ContinuousClock.now + .microseconds(Int.random(in: 0..<8000))
                while ContinuousClock.now < end {}
                writer.terminate(SIGKILL)
                #expect(try writer.wait() == .signalled(SIGKILL))
                for token in tokens {
                    let values = try #require(try await store.load(token).session, "round \(round)").record.values
                    guard case .int(let number)? = values["n"], case .string(let text)? = values["text"] else {
                        Issue.record("round \(round): \(values.keys)")
                        continue
                    }
                    seen.insert(.int(number))
                    #expect(
                        text.split(separator: ";").allSatisfy { $0 == "\(number)" }, "round \(round): a mixture")
                }
            }
            // Otherwise they were all killed before they wrote.
            #expect(seen.count > 20)
            let names = try text(ChildProcess("/usr/bin/find", [directory.path("sessions/corrupt"), "-type", "f"]))
            #expect(!names.contains("sessions/corrupt/"), "\(names)")
        }

        @Test("modes do not depend on the umask", arguments: ["0000", "0777"])
        func umask(mask: String) throws {
            #expect(try text(limited("umask \(mask)", ["create", "20", "100"])) == "")
            for (kind, mode) in [("d", "700"), ("f", "600")] {
                let wrong = try text(
                    ChildProcess(
                        "/usr/bin/find", [directory.path("sessions"), "-type", kind, "!", "-perm", mode]))
                #expect(wrong == "")
            }
        }

        @Test("a limit of file sizes is an error that says so, and what is there stays")
        func fileSize() async throws {
            let store = try open()
            let session = try await store.create(SessionRecord(values: ["a": 1], createdAt: 1))
            let output = try text(limited("ulimit -f 4", ["create", "10000", "10000"]))
            #expect(output.contains("File too large") && output.contains("ulimit -f"), "\(output)")
            #expect(try await store.load(session.token).session?.record.values == ["a": 1])
            let remains = try text(ChildProcess("/usr/bin/find", [directory.path("sessions"), "-name", "new-*"]))
            #expect(remains == "")
        }

        @Test("few descriptors are enough, and none is an error that says so")
        func descriptors() async throws {
            let store = try open()
            let session = try await store.create(SessionRecord(values: ["n": 0], createdAt: 1))
            let few = try limited("ulimit -n 16", ["increment", session.token.value, "100"])
            #expect(try few.wait(timeout: .seconds(20)) == .exited(0))
            #expect(try await store.load(session.token).session?.record.values["n"] == 100)
        }

        @Test("a full disk is an error that says so, and what is there stays", .enabled(if: Mount.isPossible))
        func full() async throws {
            let disk = try Mount(["-t", "tmpfs", "-o", "size=300k,mode=700", "tmpfs"], at: directory.path("disk"))
            let store = try open(disk.path)
            let session = try await store.create(SessionRecord(values: ["a": 1], createdAt: 1))
            let output = try text(writer(["create", "10000", "10000"], in: disk.path))
            #expect(output.contains("No space left") && output.contains("Free some space"), "\(output)")
            await #expect(throws: SessionStoreError.self) {
                try await store.update(session) { $0.values["a"] = .string(String(repeating: "x", count: 100_000)) }
            }
            #expect(try await store.load(session.token).session?.record.values == ["a": 1])
            // What is written in place needs no room.
            _ = try await store.update(session) { $0.values["a"] = 2 }
            #expect(try await store.load(session.token).session?.record.values == ["a": 2])
            try await store.delete(session)
            let remains = try text(ChildProcess("/usr/bin/find", [disk.path, "-name", "new-*"]))
            #expect(remains == "")
        }

        @Test("sessions on a disk that is mounted for reading can be read", .enabled(if: Mount.isPossible))
        func readOnly() async throws {
            let disk = try Mount(["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"], at: directory.path("disk"))
            let store = try open(disk.path)
            let session = try await store.create(SessionRecord(values: ["a": 1], createdAt: 1))
            try disk.remount("ro")
            #expect(try await store.load(session.token).session?.record.values == ["a": 1])
            let error = await #expect(throws: SessionStoreError.self) {
                try await store.update(session) { $0.values["a"] = 2 }
            }
            #expect(error?.description.contains("Mount the file system for writing") == true)
            await #expect(throws: SessionStoreError.self) { try await store.create(SessionRecord(createdAt: 1)) }
            await #expect(throws: SessionStoreError.self) { try await store.delete(session) }
            #expect(try await open(disk.path).load(session.token).session?.record.values == ["a": 1])
        }
    }
}
