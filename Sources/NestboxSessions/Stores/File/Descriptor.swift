import CNestboxSystem

/// An open file or directory, closed when its owner lets go of it.
struct Descriptor: ~Copyable, Sendable {
    let raw: Int32

    init(_ raw: Int32) {
        self.raw = raw
    }

    /// What the file is.
    func status(_ path: @autoclosure () -> String) throws(SessionStoreError) -> nestbox_file_status {
        var status = nestbox_file_status()
        if nestbox_file_status(raw, &status) != 0 { throw .system("examine", path()) }
        return status
    }

    /// The bytes of the file, at most `limit`.
    func read(limit: Int, _ path: @autoclosure () -> String) throws(SessionStoreError) -> [UInt8] {
        var failed = false
        // The call fills at most the capacity that it is told and says how much it filled.
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let result = nestbox_read_at(raw, buffer.baseAddress, buffer.count, 0)
            failed = result < 0
            count = max(0, result)
        }
        if failed { throw .system("read", path()) }
        return bytes
    }

    /// Writes all of the bytes.
    func write(_ bytes: [UInt8], at offset: Int, _ path: @autoclosure () -> String) throws(SessionStoreError) {
        // The call reads as many bytes as the buffer has.
        let result = bytes.withUnsafeBytes { nestbox_write_at(raw, $0.baseAddress, $0.count, Int64(offset)) }
        if result != 0 { throw .system("write", path()) }
    }

    /// Sets when the file was modified, unless it says so already: a write in this very second did it, and asking is cheaper.
    func setModified(_ seconds: Int64, _ path: @autoclosure () -> String) throws(SessionStoreError) {
        var status = nestbox_file_status()
        if nestbox_file_status(raw, &status) == 0, status.modified == seconds { return }
        if nestbox_set_modified(raw, seconds) != 0 { throw .system("set the time of", path()) }
    }

    deinit { nestbox_close(raw) }
}
