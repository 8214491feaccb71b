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
        let channel: (Channel, Channel)

        init() throws {
            let directory = try TemporaryDirectory()
            self.directory = directory
            let files = try ["a b,c=d", "other"].map {
                try Listener(.unix(directory.path($0)), options: UnixSocketOptions(), backlog: 4)
            }
            let port = try Listener(.tcp(host: "::1", port: 0), options: UnixSocketOptions(), backlog: 4)
            listeners = files + [port]
            mailbox = try Mailbox()
            channel = try Channel.pair()
        }

        deinit {
            for listener in listeners {
                listener.stopListening()
                listener.close()
            }
            for descriptor in [mailbox.sender, mailbox.receiver] { close(descriptor) }
            channel.0.close()
            channel.1.close()
        }

        func handover(_ role: Handover.Role) -> Handover {
            Handover(role: role, listeners: listeners, mailbox: mailbox, channel: channel.1)
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
        let descriptor = fixture.channel.1.descriptor
        try #require(fstat(descriptor, &status) == 0)
        let channel = "channel=\(descriptor):\(status.st_ino)"
        for wrong in [
            "", "2", "1" + text.dropFirst(), "2 stranger" + text.dropFirst(11),
            text.replacing(channel, with: "channel=\(descriptor):\(status.st_ino + 1)"),
            text.replacing(channel, with: "channel=0:1"), text.replacing(" \(channel)", with: ""),
            "2 successor \(channel)", "2 successor \(channel) listen=\(descriptor),inherited",
            "2 successor \(channel) listen=99999999999,inherited", text + " more=1", text + " =", text + " listen=",
            text + " mailbox=1",
        ] {
            #expect(Handover(text: wrong) == nil, "\(wrong)")
        }
    }
}
