import HTTPTypes

/// Makes a form of what a multipart parser finds.
///
/// Text is kept in memory, and so are files as long as there is room for them; a file for which there is none goes to a
/// temporary file, unless it is so small that an open file would be the larger expense.
struct MultipartFormBuilder {
    private let limits: FormLimits
    private var parser: MultipartParser
    private var fields: [FormField] = []
    private var fileCount = 0
    private var textCount = 0
    private var textSize = 0
    /// Bytes of files in memory.
    private var memoryUsed = 0

    private var header: MultipartHeader?
    /// The text, or as much of the file as is not written.
    private var bytes: [UInt8] = []
    private var file: TemporaryFile?
    /// How much of the file is written.
    private var written = 0

    init(boundary: MultipartBoundary, limits: FormLimits) {
        self.limits = limits
        parser = MultipartParser(boundary: boundary, headerLimit: limits.headerSize)
    }

    mutating func receive(_ chunk: [UInt8]) throws {
        parser.push(chunk)
        while let event = try parser.next() {
            switch event {
            case .part(let header): try begin(header)
            case .data(let data):
                if header?.filename == nil { try receiveText(data) } else { try receiveFile(data) }
            case .partEnd: try endPart()
            case .end: break
            }
        }
    }

    /// The form, when its body of so many bytes has ended.
    func finish(received size: Int) throws -> ReceivedForm {
        try parser.finish()
        return ReceivedForm(
            form: Form(fields), size: size, fields: textCount, fieldsSize: textSize, files: fileCount,
            largestHeader: parser.largestHeader)
    }

    private mutating func begin(_ header: MultipartHeader) throws {
        if header.filename == nil {
            textCount += 1
            guard textCount <= limits.fields else { throw FormLimits.exceeded("text fields", limits.fields) }
            try countText(header.name.utf8.count)
        } else {
            fileCount += 1
            guard fileCount <= limits.files else { throw FormLimits.exceeded("files", limits.files) }
        }
        self.header = header
    }

    private mutating func countText(_ count: Int) throws {
        guard count <= limits.fieldsSize - textSize else {
            throw FormLimits.exceeded("bytes of text", limits.fieldsSize)
        }
        textSize += count
    }

    private mutating func receiveText(_ data: ArraySlice<UInt8>) throws {
        try countText(data.count)
        bytes.append(contentsOf: data)
    }

    private mutating func receiveFile(_ data: ArraySlice<UInt8>) throws {
        guard data.count <= limits.fileSize - written - bytes.count else {
            throw FormLimits.exceeded(file: header?.name ?? "", limits.fileSize)
        }
        if file == nil {
            let room = max(Self.smallSize, limits.memory - memoryUsed)
            guard data.count > room - bytes.count else { return bytes.append(contentsOf: data) }
            file = try TemporaryFile(in: limits.directory)
        }
        // Small pieces are gathered: a write for each would cost more than the copy.
        if bytes.count + data.count >= Self.writeSize {
            try flush()
            if data.count >= Self.writeSize / 2 { return try write(data) }
        }
        bytes.append(contentsOf: data)
    }

    /// Up to how many bytes a file always stays in memory: a form may have more files than there are descriptors.
    private static var smallSize: Int { 16 << 10 }

    /// How many bytes are written at once.
    private static var writeSize: Int { 64 << 10 }

    private mutating func flush() throws {
        try write(bytes[...])
        bytes.removeAll(keepingCapacity: bytes.capacity <= 2 * Self.writeSize)
    }

    private mutating func write(_ data: ArraySlice<UInt8>) throws {
        guard !data.isEmpty else { return }
        try file?.write(data, at: written)
        written += data.count
    }

    private mutating func endPart() throws {
        guard let header else { return }
        defer {
            self.header = nil
            file = nil
            written = 0
        }
        guard let filename = header.filename else {
            fields.append(FormField(name: header.name, text: String(decoding: bytes, as: UTF8.self)))
            return bytes.removeAll(keepingCapacity: bytes.capacity <= 2 * Self.writeSize)
        }
        let storage: UploadedFile.Storage
        if let file {
            try flush()
            storage = .file(file)
        } else {
            storage = .bytes(bytes)
            written = bytes.count
            memoryUsed += bytes.count
            bytes = []
        }
        // What browsers send for an input in which nothing was chosen.
        if filename.isEmpty, written == 0 { return }
        fields.append(
            FormField(
                UploadedFile(
                    name: header.name, filename: filename, contentType: header.contentType, size: written,
                    storage: storage)))
    }
}

extension FormLimits {
    static func exceeded(_ what: String, _ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "The form has more than \(limit) \(what).")
    }

    static func exceeded(file name: String, _ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "The file \(name) is larger than \(limit) bytes.")
    }
}
