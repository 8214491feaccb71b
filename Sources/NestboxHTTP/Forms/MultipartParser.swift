import CNestboxSystem

/// Takes a multipart body apart while it comes (RFC 2046 §5.1, RFC 7578).
///
/// It is given the body in pieces of any size and hands out what it finds in them, as slices of those pieces: nothing is
/// copied, and nothing is kept but the header that is being read. It does no input or output.
///
/// ```swift
/// var parser = MultipartParser(boundary: boundary)
/// for try await chunk in body {
///     parser.push(chunk)
///     while let event = try parser.next() { … }
/// }
/// try parser.finish()
/// ```
///
/// A boundary begins a part only when nothing but blanks stand behind it on its line, and ends the form when two hyphens
/// follow at once, whatever follows those; else the line is data. Before the first boundary and behind the last one
/// anything may stand, and is ignored. Lines end with CR LF.
package struct MultipartParser: Sendable {
    /// What a body consists of.
    package enum Event: Sendable, Hashable {
        /// A part begins.
        case part(MultipartHeader)
        /// Some bytes of the part, at least one.
        case data(ArraySlice<UInt8>)
        /// The part is complete.
        case partEnd
        /// The form is complete; whatever follows is ignored.
        case end
    }

    private enum State: Sendable {
        /// Looking for a delimiter, before the first part or in one.
        case content
        /// Behind a delimiter, on its line.
        case line
        case header
        /// The last part has ended; ``Event/end`` is to be told.
        case ended
        case epilogue
    }

    private let headerLimit: Int
    /// The bytes of the largest header so far, and its part.
    private(set) var largestHeader = (size: 0, part: 0)
    /// CR LF, two hyphens, the boundary: a CR is only at its start.
    private let delimiter: [UInt8]
    private var state = State.content
    /// The number of the part, from 1; 0 before the first one.
    private var part = 0
    private var isInPart = false
    /// Whether something stands before the first boundary.
    private var hasPreamble = false

    private var chunk: [UInt8] = []
    private var position = 0
    /// How many bytes of a delimiter the chunks before have ended with.
    private var matched: Int
    /// How many of those belong to something else.
    ///
    /// The line end before the first delimiter may be missing, and without any data it is that of the header.
    private var borrowed: Int
    /// What was read of the line of a delimiter.
    private var line: [UInt8] = []
    /// What the chunks before have had of a header.
    private var header: [UInt8] = []

    /// Prepares for a body.
    /// - Parameters:
    ///   - boundary: What separates the parts.
    ///   - headerLimit: The most bytes in the header of a part.
    package init(boundary: MultipartBoundary, headerLimit: Int = 8 << 10) {
        self.headerLimit = min(max(0, headerLimit), 1 << 30)
        delimiter = Array("\r\n--".utf8) + boundary.bytes
        matched = 2
        borrowed = 2
    }

    /// Gives the next piece of the body, when ``next()`` has returned `nil`.
    package mutating func push(_ bytes: [UInt8]) {
        chunk = bytes
        position = 0
    }

    /// What comes next, or `nil` when the next piece is needed, or nothing more comes.
    package mutating func next() throws(MultipartError) -> Event? {
        while true {
            switch state {
            case .ended:
                state = .epilogue
                return .end
            case .epilogue:
                position = chunk.count
                return nil
            case _ where position >= chunk.count:
                // The caller's copy is then the only one.
                chunk = []
                position = 0
                return nil
            case .content: if let event = readContent() { return event }
            case .line: if let event = try readLine() { return event }
            case .header: if let event = try readHeader() { return event }
            }
        }
    }

    /// Checks that the form was complete when its body has ended.
    package func finish() throws(MultipartError) {
        switch state {
        case .ended, .epilogue: return
        case .header: throw .endsInHeader(part: part)
        case .content, .line: throw isInPart ? .endsInPart(part: part) : .boundaryNotFound
        }
    }
}

extension MultipartParser {
    private mutating func readContent() -> Event? {
        if matched > 0 { return resumeDelimiter() }
        let start = position
        let found = nestbox_find(chunk, chunk.count, start, delimiter, delimiter.count)
        var end = chunk.count
        if found >= 0 {
            end = found
            position = found + delimiter.count
            state = .line
        } else {
            end -= delimiterAtEnd(from: start)
            matched = chunk.count - end
            position = chunk.count
        }
        return end > start ? data(chunk[start..<end]) : nil
    }

    /// Goes on with a delimiter that has begun in an earlier chunk.
    private mutating func resumeDelimiter() -> Event? {
        var index = position
        var count = matched
        while index < chunk.count, count < delimiter.count, chunk[index] == delimiter[count] {
            index += 1
            count += 1
        }
        if count == delimiter.count {
            state = .line
        } else if index < chunk.count {
            // It was none. Its bytes in this chunk hold no CR, so none of them starts another one.
            let held = delimiter[borrowed..<matched]
            matched = 0
            borrowed = 0
            return held.isEmpty ? nil : data(held)
        }
        matched = count == delimiter.count ? 0 : count
        position = index
        return nil
    }

    /// How many bytes at the end of the chunk may be the start of a delimiter.
    private func delimiterAtEnd(from start: Int) -> Int {
        let tail = chunk[max(start, chunk.count - delimiter.count + 1)...]
        guard let first = tail.lastIndex(of: UInt8(ascii: "\r")), delimiter.starts(with: tail[first...]) else {
            return 0
        }
        return tail.endIndex - first
    }

    private mutating func readLine() throws(MultipartError) -> Event? {
        while position < chunk.count {
            let byte = chunk[position]
            switch (byte, line.last) {
            case (UInt8(ascii: "-"), nil):
                line.append(byte)
            case (UInt8(ascii: "-"), UInt8(ascii: "-")):
                position += 1
                return try beginEpilogue()
            case (UInt8(ascii: "\n"), UInt8(ascii: "\r")):
                position += 1
                return beginHeader()
            case (UInt8(ascii: " "), _), (UInt8(ascii: "\t"), _), (UInt8(ascii: "\r"), _):
                guard line.last != UInt8(ascii: "-"), line.last != UInt8(ascii: "\r") else { return rejectLine() }
                guard line.count < Self.maximumPadding else { throw .paddingTooLong }
                line.append(byte)
            default:
                return rejectLine()
            }
            position += 1
        }
        return nil
    }

    /// How many blanks may stand behind a boundary; RFC 2046 allows any number, and nobody sends one.
    private static var maximumPadding: Int { 256 }

    private mutating func beginEpilogue() throws(MultipartError) -> Event? {
        // Parts whose boundaries are not recognized, say for their line ends, are not to be lost in silence.
        if part == 0, hasPreamble { throw .noParts }
        line = []
        state = .ended
        guard isInPart else { return nil }
        isInPart = false
        return .partEnd
    }

    private mutating func beginHeader() -> Event? {
        line.removeAll(keepingCapacity: true)
        state = .header
        part += 1
        guard isInPart else { return nil }
        isInPart = false
        return .partEnd
    }

    /// Takes what was read for data: something else than a line end follows the boundary.
    private mutating func rejectLine() -> Event? {
        let bytes = delimiter[borrowed...] + line
        line.removeAll(keepingCapacity: true)
        borrowed = 0
        state = .content
        return data(bytes[...])
    }

    private mutating func data(_ bytes: ArraySlice<UInt8>) -> Event? {
        if isInPart { return .data(bytes) }
        hasPreamble = true
        return nil
    }

    private mutating func readHeader() throws(MultipartError) -> Event? {
        let start = position
        if header.isEmpty {
            let end = nestbox_find(chunk, chunk.count, start, Self.headerEnd, Self.headerEnd.count)
            if end >= 0, chunk[start] != UInt8(ascii: "\r") {
                position = end + Self.headerEnd.count
                return try beginPart(chunk[start..<end])
            }
        }
        let known = header.count
        let room = headerLimit + Self.headerEnd.count - known
        header.append(contentsOf: chunk[start...].prefix(room))
        let found = nestbox_find(header, header.count, max(0, known - 3), Self.headerEnd, Self.headerEnd.count)
        // An empty line at once: there is no header.
        if header.starts(with: Self.headerEnd.prefix(2)) { throw .noDisposition(part: part) }
        guard found >= 0 else {
            position += header.count - known
            guard header.count < headerLimit + Self.headerEnd.count else {
                throw .headerTooLarge(part: part, limit: headerLimit)
            }
            return nil
        }
        position += found + Self.headerEnd.count - known
        defer { header.removeAll(keepingCapacity: true) }
        return try beginPart(header[..<found])
    }

    private static let headerEnd = Array("\r\n\r\n".utf8)

    private mutating func beginPart(_ bytes: ArraySlice<UInt8>) throws(MultipartError) -> Event? {
        guard bytes.count <= headerLimit else { throw .headerTooLarge(part: part, limit: headerLimit) }
        if bytes.count > largestHeader.size { largestHeader = (bytes.count, part) }
        let header = try MultipartHeader(parsing: bytes, part: part)
        state = .content
        isInPart = true
        matched = 2
        borrowed = 2
        return .part(header)
    }
}
