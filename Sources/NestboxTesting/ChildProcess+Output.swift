extension ChildProcess {
    /// What a finished child has left.
    public struct Output: Hashable, Sendable {
        /// How it ended.
        public var status: ExitStatus
        /// All it wrote to a stdout that is a pipe.
        public var stdout: [UInt8]
        /// All it wrote to a stderr that is a pipe.
        public var stderr: [UInt8]

        /// Creates what a child has left.
        public init(status: ExitStatus, stdout: [UInt8] = [], stderr: [UInt8] = []) {
            self.status = status
            self.stdout = stdout
            self.stderr = stderr
        }
    }

    /// One of the two streams a child writes to.
    public enum OutputStream: Hashable, Sendable {
        /// Descriptor 1.
        case stdout
        /// Descriptor 2.
        case stderr
    }

    /// Gives `input` to the child, closes its stdin, reads its output to the end and waits for it.
    ///
    /// A child that ends without having read everything is no error.
    public func output(input bytes: [UInt8] = [], timeout: Duration = .seconds(5)) throws(TestingError) -> Output {
        let deadline = Deadline(after: timeout)
        var rest: ArraySlice<UInt8>? = bytes[...]
        while true {
            if rest?.isEmpty ?? false {
                closeStdin()
                rest = nil
            }
            let status = try poll()
            let wasRead = try exchange(&rest, atMost: status == nil ? 5 : 0)
            if let status, !wasRead {
                return Output(status: status, stdout: stdoutPipe.bytes, stderr: stderrPipe.bytes)
            }
            if deadline.hasPassed { throw deadline.expired("waiting for process \(processID)") }
        }
    }

    /// Writes to a stdin that is a pipe, and leaves it open.
    /// - Throws: ``TestingError`` with the code `reset` when the child does not read any more.
    public func write(_ bytes: [UInt8], timeout: Duration = .seconds(5)) throws(TestingError) {
        let deadline = Deadline(after: timeout)
        var rest: ArraySlice<UInt8>? = bytes[...]
        while let left = rest, !left.isEmpty {
            if deadline.hasPassed { throw deadline.expired("writing to process \(processID)") }
            _ = try exchange(&rest, atMost: 5)
        }
        if rest == nil { throw TestingError(.reset, "process \(processID) has closed its stdin") }
    }

    /// Closes a stdin that is a pipe.
    ///
    /// Nothing happens if it is closed already.
    public func closeStdin() { input = nil }

    /// Waits for a whole line with `text` in it and returns that line; each line is looked at once.
    /// - Throws: ``TestingError``, `closed` with what was written when the stream ends before.
    public func waitForLine(
        containing text: String, on stream: OutputStream = .stderr, timeout: Duration = .seconds(5)
    ) throws(TestingError) -> String {
        let deadline = Deadline(after: timeout)
        let pipe = stream == .stdout ? stdoutPipe : stderrPipe
        while true {
            let rest = pipe.bytes[pipe.searched...]
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                pipe.searched = end + 1
                let line = String(decoding: rest[..<end], as: UTF8.self)
                if line.contains(text) { return line }
                continue
            }
            if pipe.raw < 0 {
                let all = String(decoding: pipe.bytes, as: UTF8.self)
                throw TestingError(.closed, "no line with '\(text)' in: \(all)")
            }
            if deadline.hasPassed { throw deadline.expired("waiting for a line with '\(text)'") }
            try gather(atMost: 50)
        }
    }
}
