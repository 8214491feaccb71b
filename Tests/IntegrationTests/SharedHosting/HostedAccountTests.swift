import Glibc
import NestboxTesting
import Testing

extension Integration.SharedHosting {
    @Suite("an account whose home is read-only but for the data directory")
    struct HostedAccountTests {
        /// Settings of stores, with paths that start at the program.
        static let stores = [
            "cookie": "NESTBOX_SESSION_SECRET_FILE=../data/counter.secret\n",
            "file": """
            # where sessions are
            NESTBOX_SESSION_STORE=file
            NESTBOX_SESSION_SECRET_FILE=../data/counter.secret
            NESTBOX_SESSION_FILE_DIRECTORY=../data/sessions

            """,
        ]

        /// An account whose secret and directory were made as the guide says.
        private func account(_ store: String) throws -> HostedAccount {
            let account = try HostedAccount(try #require(Self.stores[store]))
            let made = try account.command("session", "keygen")
            try #require(made.status == .exited(0), "\(made.text)")
            return account
        }

        /// The modes of everything below a directory, by type.
        private func modes(below directory: String) -> (files: Set<mode_t>, directories: Set<mode_t>) {
            var found: (files: Set<mode_t>, directories: Set<mode_t>) = ([], [])
            for name in File.names(in: directory) {
                var status = stat()
                guard lstat("\(directory)/\(name)", &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR {
                    found.directories.insert(status.st_mode & 0o7777)
                    let inner = modes(below: "\(directory)/\(name)")
                    found.files.formUnion(inner.files)
                    found.directories.formUnion(inner.directories)
                } else {
                    found.files.insert(status.st_mode & 0o7777)
                }
            }
            return found
        }

        @Test(
            "counts visits from process to process, under limits of memory and descriptors, whatever the umask",
            arguments: ["cookie", "file"], ["022", "077", "0"])
        func visits(store: String, umask: String) throws {
            let account = try account(store)
            var cookie: String?
            for count in 0..<4 {
                #expect(try account.visit(&cookie, limits: .init(umask: umask)) == count)
            }
            var other: String?
            #expect(try account.visit(&other) == 0)
            let modes = modes(below: account.data)
            #expect(modes.files == [0o600])
            #expect(modes.directories == (store == "file" ? [0o700] : []))
        }

        @Test("has nothing to say against it, and check says so")
        func check() throws {
            for store in ["cookie", "file"] {
                let check = try account(store).command("check")
                #expect(check.status == .exited(0), "\(check.text)")
                #expect(check.text.contains("file: static, for "))
                #expect(check.text.contains("trial: a session was begun, changed, read and ended"))
                // The settings are below public_html.
                #expect(!check.text.contains("problem  owner") && !check.text.contains("problem  mode"))
            }
        }

        @Test("is served by 200 processes, one after the other, that leave nothing but the session")
        func many() throws {
            let account = try account("file")
            var cookie: String?
            #expect(try account.visit(&cookie) == 0)
            let before = File.tree(account.home.path)
            for count in 1...200 { #expect(try account.visit(&cookie) == count) }
            #expect(File.tree(account.home.path) == before)
        }

        @Test("keeps its sessions whole when the host kills processes at any moment")
        func kills() throws {
            let account = try account("file")
            var cookie: String?
            let clock = ContinuousClock()
            _ = try account.visit(&cookie)
            let begin = clock.now
            _ = try account.visit(&cookie)
            let longest = Int64((clock.now - begin) / .microseconds(1))
            var generator = SeededGenerator(seed: 0x510)
            var (answered, attempted, killed) = (2, 2, 0)
            for round in 0..<100 {
                attempted += 1
                let child = try account.start(environment: HostedAccount.variables(cookie))
                let end = clock.now + .microseconds(Int64.random(in: 0...longest * 3 / 2, using: &generator))
                while clock.now < end { _ = poll(nil, 0, 1) }
                child.terminate(SIGKILL)
                let output = try child.output()
                if output.status == .signalled(SIGKILL) { killed += 1 }
                if output.stdout.starts(with: Array("Status: 200".utf8)) { answered += 1 }
                guard round % 10 == 9 else { continue }
                let visits = try #require(try account.visit(&cookie))
                #expect((answered...attempted).contains(visits))
                (answered, attempted) = (visits + 1, visits + 1)
            }
            #expect(killed > 10)
            let list = try account.command("session", "list")
            #expect(list.status == .exited(0), "\(list.text)")
            #expect(try account.command("session", "doctor").status == .exited(0))
        }

        @Test("may call the program by a link, from anywhere: the configuration is beside the file itself")
        func link() throws {
            let account = try account("file")
            let elsewhere = try TemporaryDirectory()
            chmod(elsewhere.path, 0o755)
            symlink(account.program, elsewhere.path("app.cgi"))
            let answer = try account.request(program: elsewhere.path("app.cgi"))
            #expect(answer.response.status == 200, "\(answer.log)")
            #expect(answer.visits == 0)
        }

        @Test("needs little: 64 MB of addresses and 16 descriptors", arguments: ["cookie", "file"])
        func little(store: String) throws {
            let account = try account(store)
            var cookie: String?
            for count in 0..<2 {
                #expect(try account.visit(&cookie, limits: .init(memory: 64 << 10, descriptors: 16)) == count)
            }
        }
    }
}
