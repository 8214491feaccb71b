import CNestboxSystem
import Glibc
import Synchronization

/// An open file without a name, of mode 0600, that is gone when the last reference to it is, or the process.
final class TemporaryFile: Sendable {
    let descriptor: Int32
    /// Whether it has been given a name; a second one would be a second name of the same bytes.
    private let isNamed = Atomic(false)

    /// Makes a file in a directory.
    init(in directory: String) throws(UploadError) {
        descriptor = nestbox_open_temporary(directory)
        if descriptor < 0 { throw UploadError("make a temporary file in", directory) }
    }

    deinit { nestbox_close(descriptor) }

    /// Writes all of the bytes.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(UploadError) {
        // The call reads as many bytes as the buffer has.
        let result = bytes.withUnsafeBytes { nestbox_write_at(descriptor, $0.baseAddress, $0.count, Int64(offset)) }
        if result != 0 { throw UploadError("write to", "a temporary file") }
    }

    /// Reads so many bytes: fewer are an error, as whoever has been given the name may have cut the file.
    func read(_ count: Int, at offset: Int) throws(UploadError) -> [UInt8] {
        var failed = false
        // The call fills at most the capacity that it is told and says how much it filled.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            let result = nestbox_read_at(descriptor, buffer.baseAddress, buffer.count, Int64(offset))
            failed = result < 0
            used = max(0, result)
        }
        if failed { throw UploadError("read", "a temporary file") }
        if bytes.count < count { throw UploadError("read all of", "a temporary file", EIO) }
        return bytes
    }

    /// Gives the file a name, if it has had none and can have one.
    func link(to path: String, permissions: UInt32) throws(UploadError) -> Bool {
        guard !isNamed.exchange(true, ordering: .relaxed) else { return false }
        if nestbox_set_permissions(descriptor, permissions) == 0, nestbox_link_temporary(descriptor, path) == 0 {
            return true
        }
        let error = errno
        isNamed.store(false, ordering: .relaxed)
        if error == EEXIST { throw UploadError("save", path, error) }
        return false
    }
}
