import CNestboxSystem
import Glibc
import NestboxHTTP
import Testing

@testable import NestboxGateway
@testable import NestboxTesting

@Suite("what a process hands over", .timeLimit(.minutes(1)))
struct HandoverTests {
    private final class Fixture {
        let directory: TemporaryDirectory
        let listeners: [Listener]
        let mailbox: Mailbox
        let pipe: (reader: Int32, writer: Int32)

        init() throws {
            let directory = try TemporaryDirectory()
            self.directory = directory
            let files = try ["a b,c=d", "other"].map {
                try Listener(.unix(directory.path($0)), options: UnixSocketOptions(), backlog: 4)
            }
            let port = try Listener(.tcp(host: "::1", port: 0), options: UnixSocketOptions(), backlog: 4)
            listeners = files + [port]
            mailbox = try Mailbox()
            var (reader, writer): (Int32, Int32) = (-1, -1)
            try #require(nestbox_pipe(&reader, &writer) == 0)
            pipe = (reader, writer)
        }

        deinit {
            for listener in listeners {
                listener.stopListening()
                listener.close()
            }
            for descriptor in [mailbox.sender, mailbox.receiver, pipe.reader, pipe.writer] { close(descriptor) }
        }

        func handover(_ role: Handover.Role) -> Handover {
            Handover(
                role: role, listeners: listeners, mailbox: mailbox, ready: pipe.writer,
                lifeline: role == .worker ? pipe.reader : nil)
        }
    }

    @Test("is read as it was written: addresses, files to be removed, descriptors", arguments: [true, false])
    func roundTrip(isWorker: Bool) throws {
        let fixture = try Fixture()
        let handover = fixture.handover(isWorker ? .worker : .successor)
        let read = try #require(Handover(text: handover.text))
        #expect(read.role == handover.role)
        #expect(read.descriptors == handover.descriptors)
        #expect(read.listeners.map(\.address) == fixture.listeners.map(\.address))
        // The supervisor removes the files, not its workers.
        let inodes = fixture.listeners.map { isWorker ? nil : $0.file?.inode }
        #expect(read.listeners.map(\.file?.inode) == inodes)
    }

    @Test("is not taken from a variable that is not about this process")
    func foreign() throws {
        let fixture = try Fixture()
        let text = fixture.handover(.successor).text
        #expect(Handover(text: text) != nil)
        var status = stat()
        try #require(fstat(fixture.pipe.writer, &status) == 0)
        let ready = "ready=\(fixture.pipe.writer):\(status.st_ino)"
        for wrong in [
            "", "1", "2" + text.dropFirst(), "1 stranger" + text.dropFirst(11),
            text.replacing(ready, with: "ready=\(fixture.pipe.writer):\(status.st_ino + 1)"),
            text.replacing(ready, with: "ready=0:1"), text.replacing(" \(ready)", with: ""),
            "1 successor \(ready)", "1 successor \(ready) listen=\(fixture.pipe.reader),inherited",
            "1 successor \(ready) listen=99999999999,inherited", text + " more=1", text + " =", text + " listen=",
            "1 worker" + text.dropFirst(11), text + " mailbox=1",
        ] {
            #expect(Handover(text: wrong) == nil, "\(wrong)")
        }
    }

    @Test("a mailbox gives what was put in, in order, to whoever takes it; when closed it takes nothing more")
    func mailbox() throws {
        let mailbox = try Mailbox()
        defer { for end in [mailbox.sender, mailbox.receiver] { close(end) } }
        #expect(mailbox.receive() == nil)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        #expect(mailbox.send(ends[0], isUnix: true))
        #expect(mailbox.send(ends[1], isUnix: false))
        for end in ends { close(end) }
        let reader = try #require(mailbox.receive())
        #expect(!mailbox.isClosed)
        mailbox.close()
        #expect(mailbox.isClosed)
        #expect(!mailbox.send(reader.descriptor, isUnix: true))
        // What was in it is not lost.
        let writer = try #require(mailbox.receive())
        #expect(mailbox.receive() == nil)
        #expect(reader.isUnix && !writer.isUnix)
        var byte: UInt8 = 7
        #expect(write(writer.descriptor, &byte, 1) == 1)
        #expect(read(reader.descriptor, &byte, 1) == 1)
        for descriptor in [reader.descriptor, writer.descriptor] {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            close(descriptor)
        }
    }

    @Test("a full mailbox is waited for once")
    func full() throws {
        let mailbox = try Mailbox()
        defer { for end in [mailbox.sender, mailbox.receiver] { close(end) } }
        var count = 0
        while mailbox.send(mailbox.receiver, isUnix: true) { count += 1 }
        #expect(count >= 100)
        let start = ContinuousClock.now
        for _ in 0..<100 { #expect(!mailbox.send(mailbox.receiver, isUnix: true)) }
        #expect(ContinuousClock.now - start < .milliseconds(500))
        while let (descriptor, _) = mailbox.receive() { close(descriptor) }
    }
}
