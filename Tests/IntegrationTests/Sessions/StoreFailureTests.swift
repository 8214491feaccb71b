import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite(
        "a disk that takes no more", .enabled(if: SmallDisk.isPossible, "file systems can be mounted by root alone"))
    struct StoreFailureTests {
        /// What there is but for the locks, which come with the first write to a part of the store.
        private static func files(_ site: SessionSite) -> [String] { site.files.filter { !$0.hasSuffix("/lock") } }

        /// Sends a request that must fail for the store, with one line of the log that says why, and leave nothing.
        private func expectFailure(
            _ target: String, at site: SessionSite, isCGI: Bool = false, _ visitor: Visitor, saying remedy: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            var visitor = visitor
            let lines = try site.programs[0].log().count
            let files = Self.files(site)
            let answer = try visitor.post(target, at: isCGI ? site.cgi : site.fastCGI)
            #expect(answer.status == 503, sourceLocation: sourceLocation)
            #expect(answer.text.contains("try again"), "\(answer.text)", sourceLocation: sourceLocation)
            #expect(answer.cookieLines.isEmpty, sourceLocation: sourceLocation)
            let path = site.environment["NESTBOX_SESSION_FILE_DIRECTORY"] ?? ""
            #expect(!answer.text.contains(path), sourceLocation: sourceLocation)
            let log =
                isCGI
                ? answer.log.split(separator: "\n").map(String.init)
                : Array(try site.programs[0].log().dropFirst(lines))
            let told = log.filter { $0.contains(" session.event=store_error") }
            #expect(told.count == 1, "\(log)", sourceLocation: sourceLocation)
            #expect(log.count == 1, "\(log)", sourceLocation: sourceLocation)
            #expect(
                told.allSatisfy { $0.contains(" error nestbox ") && $0.contains(path) && $0.contains(remedy) },
                "\(told)", sourceLocation: sourceLocation)
            #expect(Self.files(site) == files, sourceLocation: sourceLocation)
        }

        @Test("full: 503 with a line of the log, the old session stays, and all is well when there is room")
        func full() throws {
            let disk = try SmallDisk(kilobytes: 256)
            let site = try SessionSite(.file, sessions: "\(disk.path)/sessions")
            var visitor = Visitor()
            #expect(try visitor.post("/set/word/old", at: site.fastCGI).status == 200)
            try disk.fill()
            for isCGI in [false, true] {
                try expectFailure("/set/word/new", at: site, isCGI: isCGI, Visitor(), saying: "Free some space")
                try expectFailure("/fill/big/9000", at: site, isCGI: isCGI, visitor, saying: "Free some space")
                try expectFailure("/login/ada", at: site, isCGI: isCGI, visitor, saying: "Free some space")
                let overview = try visitor.look(at: isCGI ? site.cgi : site.fastCGI)
                #expect(overview["data"] == ["word": "old"])
                #expect(overview["user"] == nil)
            }
            // A session can be ended, and what it had can be used again.
            try disk.makeRoom()
            #expect(try visitor.post("/fill/big/9000", at: site.fastCGI).status == 200)
            #expect(try visitor.post("/login/ada", at: site.fastCGI).status == 200)
            #expect(try visitor.look(at: site.cgi)["user"] == "ada")
            var other = Visitor()
            #expect(try other.post("/set/word/new", at: site.cgi).status == 200)
            try disk.fill()
            #expect(try visitor.post("/logout", at: site.fastCGI).status == 200)
            #expect(visitor.session == nil)
            #expect(try other.look(at: site.fastCGI)["data"]?["word"] == "new")
            #expect(!site.files.contains { $0.contains("new-") || $0.hasPrefix("corrupt") }, "\(site.files)")
        }

        @Test("read-only: 503 with a line of the log, sessions can be read, and all is well when it can be written")
        func readOnly() throws {
            let disk = try SmallDisk(kilobytes: 256)
            let site = try SessionSite(.file, sessions: "\(disk.path)/sessions")
            var visitor = Visitor()
            #expect(try visitor.post("/set/word/old", at: site.fastCGI).status == 200)
            try disk.setReadOnly(true)
            for target in ["/set/word/new", "/fill/big/9000", "/login/ada", "/logout"] {
                try expectFailure(target, at: site, visitor, saying: "for writing")
            }
            try expectFailure("/set/word/new", at: site, Visitor(), saying: "for writing")
            #expect(try visitor.look(at: site.fastCGI)["data"] == ["word": "old"])
            try disk.setReadOnly(false)
            #expect(try visitor.post("/set/word/new", at: site.fastCGI).status == 200)
            #expect(try visitor.look(at: site.cgi)["data"] == ["word": "new"])
        }

        @Test("with onStoreFailure=anonymous a page is shown that keeps nothing")
        func anonymous() throws {
            let disk = try SmallDisk(kilobytes: 256)
            let site = try SessionSite(
                .file, sessions: "\(disk.path)/sessions", ["NESTBOX_SESSION_ON_STORE_FAILURE": "anonymous"])
            var visitor = Visitor()
            #expect(try visitor.post("/set/word/old", at: site.fastCGI).status == 200)
            try disk.fill()
            // What can be read is read, and a write that fails is not passed over.
            #expect(try visitor.look(at: site.fastCGI)["data"] == ["word": "old"])
            try expectFailure("/fill/big/9000", at: site, visitor, saying: "Free some space")
        }
    }
}
