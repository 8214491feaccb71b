import CNestboxSystem
import Glibc

/// What is still to be sent on a connection: framed bytes, then a body that is cut into STDOUT records as it is sent,
/// without copying it, then the records that end the request.
struct OutputBuffer {
    enum Outcome {
        case finished
        /// The peer has no room; the rest waits for it.
        case blocked
        case failed
    }

    /// The largest body that is copied behind its head, so that one small write does.
    static let copiedBody = 16 << 10

    private var framed: [UInt8] = []
    private var framedOffset = 0
    private var body: ArraySlice<UInt8> = []
    private var bodyID: UInt16 = 0
    /// How much of `body` belongs to the record whose header was framed last.
    private var recordLeft = 0
    private var trailer: [UInt8] = []

    var isEmpty: Bool { framedOffset == framed.count && body.isEmpty && trailer.isEmpty }
    /// How many bytes wait.
    var count: Int { framed.count - framedOffset + body.count + trailer.count }

    /// Appends whole records, behind everything that waits.
    mutating func append(_ records: some Collection<UInt8>) {
        if body.isEmpty && trailer.isEmpty {
            if framedOffset == framed.count { removeSent() }
            framed.append(contentsOf: records)
        } else {
            trailer.append(contentsOf: records)
        }
    }

    /// Lets `write` append records in place.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        if body.isEmpty && trailer.isEmpty {
            if framedOffset == framed.count { removeSent() }
            write(&framed)
        } else {
            write(&trailer)
        }
    }

    /// Appends bytes for STDOUT records.
    ///
    /// They are copied only when another such body still waits.
    mutating func append(body bytes: [UInt8], id: UInt16) {
        if body.isEmpty && trailer.isEmpty {
            body = bytes[...]
            bodyID = id
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(RecordHeader.longestContent)
            trailer.appendRecordHeader(RecordType.stdout, id: id, contentLength: part.count)
            trailer.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
    }

    /// Sends what the peer takes.
    mutating func flush(to descriptor: Int32) -> Outcome {
        while !isEmpty {
            if recordLeft == 0, !body.isEmpty {
                recordLeft = min(RecordHeader.longestContent, body.count)
                framed.appendRecordHeader(RecordType.stdout, id: bodyID, contentLength: recordLeft)
            }
            let isLast = recordLeft == body.count
            let part = body.prefix(recordLeft)
            let sent = framed.withUnsafeBytes { framed in
                part.withUnsafeBytes { part in
                    trailer.withUnsafeBytes { trailer in
                        nestbox_send(
                            descriptor, framed.baseAddress.map { $0 + framedOffset }, framed.count - framedOffset,
                            part.baseAddress, part.count, trailer.baseAddress, isLast ? trailer.count : 0)
                    }
                }
            }
            guard sent > 0 else { return errno == EAGAIN || errno == EWOULDBLOCK ? .blocked : .failed }
            advance(by: sent)
        }
        removeSent()
        return .finished
    }

    private mutating func advance(by sent: Int) {
        let fromFramed = min(sent, framed.count - framedOffset)
        framedOffset += fromFramed
        let fromBody = min(sent - fromFramed, recordLeft)
        body = body.dropFirst(fromBody)
        recordLeft -= fromBody
        if sent > fromFramed + fromBody { trailer.removeFirst(sent - fromFramed - fromBody) }
        if body.isEmpty {
            if fromBody > 0 { body = [] }
            if framedOffset == framed.count, !trailer.isEmpty {
                framed = trailer
                framedOffset = 0
                trailer = []
            }
        }
    }

    private mutating func removeSent() {
        // A long stream's buffer is not worth keeping.
        framed.removeAll(keepingCapacity: framed.capacity <= 2 * Self.copiedBody)
        framedOffset = 0
    }
}
