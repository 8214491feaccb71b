import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    /// Responses of RFC 3875 §6.2, in each home.
    @Suite("answers arrive", .enabled(if: !Front.Home.installed.isEmpty))
    struct AnswerTests {
        @Test("as documents and as redirects of the client", arguments: Front.Home.installed)
        func answers(home: Front.Home) throws {
            let front = try Front(home)
            let document = try front.request("GET", "/answers/document?x")
            #expect(document.status == 200 && document.text == "document \(home.basePath) x\n")
            #expect(document.field("Content-Type") == "text/plain; charset=utf-8")
            #expect(document.field("Content-Length") == "\(document.body.count)")

            let redirect = try front.request("GET", "/answers/redirect")
            #expect(redirect.status == 303)
            #expect(redirect.field("Location")?.hasSuffix("\(home.basePath)/a%20b?x=1") == true, "\(redirect.head)")

            let missing = try front.request("GET", "/answers/missing")
            #expect(missing.status == 404 && missing.text.contains("The application has none."), "\(missing.text)")
        }

        @Test("of another path after a local redirect", arguments: Front.Home.installed)
        func local(home: Front.Home) throws {
            let front = try Front(home)
            func answer(_ to: String) throws -> HTTPConnection.Response {
                let encoded = to.replacing("/", with: "%2F").replacing("?", with: "%3F").replacing("=", with: "%3D")
                return try front.request("GET", "/answers/local?to=\(encoded)")
            }
            let inside = try answer("\(home.basePath)/answers/document?y=2")
            #expect(inside.status == 200 && inside.text == "document \(home.basePath) y=2\n", "\(inside)")

            // What is none of the application's: Apache carries it out for a CGI program, and lets nobody in there.
            guard !home.basePath.isEmpty else { return }
            let outside = try answer("/elsewhere?y=2")
            if home == .apacheCGI {
                #expect(outside.status == 403, "\(outside)")
            } else {
                #expect(outside.status == 302, "\(outside)")
                #expect(outside.field("Location")?.hasSuffix("/elsewhere?y=2") == true, "\(outside)")
            }
        }

        @Test("with large fields", arguments: Front.Home.installed)
        func large(home: Front.Home) throws {
            let front = try Front(home)
            let several = try front.request("GET", "/answers/fields/3/4000")
            #expect(several.status == 200 && several.field("X-Large-2")?.utf8.count == 4000)
            // Apache reads a response's lines into 8 KiB.
            let one = try front.request("GET", "/answers/fields/1/9000")
            if home.isApache {
                #expect([500, 502].contains(one.status), "\(one.status)")
            } else {
                #expect(one.field("X-Large-0")?.utf8.count == 9000, "\(one.status)")
            }
            #expect(try front.request("GET", "/answers/document").status == 200)
        }

        @Test("piece by piece when they are streams", arguments: Front.Home.installed, ["stream", "events"])
        func streams(home: Front.Home, kind: String) throws {
            let front = try Front(home)
            let gate = try OpenGate()
            let client = try front.server.connect()
            try client.send("GET", "\(home.basePath)/answers/\(kind)?gate=\(gate.path)")
            let head = try client.readHead()
            #expect(head.status == 200)
            var text = ""
            func read(until word: String) throws {
                while !text.contains(word), let chunk = try client.readChunk() {
                    text += String(decoding: chunk, as: UTF8.self)
                }
            }
            try read(until: "first")
            #expect(text.contains("first") && !text.contains("last"))
            gate.letPass()
            try read(until: "last")
            #expect(text.contains("last"))
        }

        @Test(
            "until the client goes away, when they are streams",
            arguments: Front.Home.installed.filter { !$0.isSpawned })
        func abandoned(home: Front.Home) throws {
            let front = try Front(home)
            let client = try front.server.connect()
            try client.send("GET", "\(home.basePath)/answers/heartbeats")
            #expect(try client.readHead().status == 200)
            #expect(try client.readChunk() != nil)
            #expect(front.program?.connections == 1)
            client.close()
            // The next heartbeat meets nobody; the handler would sleep on.
            #expect(eventually { front.program?.connections == 0 })
        }

        /// What a client gets that reads to the end: the body, or an error when it can tell that it is not complete.
        private func read(_ target: String, of front: Front) throws -> Result<[UInt8], any Error> {
            let client = try front.server.connect(timeout: .seconds(20))
            try client.send("GET", front.home.basePath + target)
            return Result { () throws -> [UInt8] in
                _ = try client.readHead()
                return try client.readBody()
            }
        }

        // Of a CGI program no server can tell; mod_fcgid and, when everything comes at once, lighttpd do not tell either.
        @Test("cut short when a stream breaks off, where servers tell", arguments: Front.Home.installed)
        func broken(home: Front.Home) throws {
            let front = try Front(home)
            let tells = !home.isCGI && home != .apacheSpawned
            switch try read("/answers/broken", of: front) {
            // mod_fcgid has an error page follow.
            case .success(let body): #expect(body.starts(with: "first\n".utf8) && (!tells || home.isLighttpd))
            case .failure: #expect(tells)
            }
            // With a declared length clients can tell themselves, but where a CGI program ends so soon that its server has all of
            // its output, and corrects the length.
            switch try read("/answers/broken/1000", of: front) {
            case .success(let body): #expect(home.isCGI && body == Array("first\n".utf8))
            case .failure(let error): #expect((error as? TestingError)?.code != .timedOut)
            }
            #expect(try front.request("GET", "/answers/document").status == 200)
        }
    }
}
