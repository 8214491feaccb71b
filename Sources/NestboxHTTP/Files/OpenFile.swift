import CNestboxSystem
import Glibc

/// A regular file, open for reading until the last one who holds it lets go.
///
/// Its size and times are those of the moment when it was opened.
final class OpenFile: Sendable {
    let size: Int
    /// When its content was last changed.
    let modified: HTTPDate
    /// When content or attributes last changed, which no program can set.
    let changed: (seconds: Int64, nanoseconds: UInt32)
    let inode: UInt64
    /// Whether it still has a name.
    let isLinked: Bool
    private let descriptor: Int32

    /// Takes over a descriptor.
    init(_ descriptor: Int32, _ status: nestbox_file_status) {
        self.descriptor = descriptor
        size = max(0, Int(clamping: status.size))
        modified = HTTPDate(unixSeconds: status.modified)
        changed = (status.changed, status.changed_nanoseconds)
        inode = status.inode
        isLinked = status.links > 0
    }

    deinit { nestbox_close(descriptor) }

    /// Reads a range of the file, all of it.
    /// - Throws: ``FileError/Code/truncated`` when the file has become shorter.
    func read(_ range: Range<Int>) throws(FileError) -> [UInt8] {
        var number: Int32 = 0
        // The call fills at most the capacity that it is told and says how much it filled.
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            let result = nestbox_read_at(
                descriptor, buffer.baseAddress, min(buffer.count, range.count), Int64(range.lowerBound))
            if result < 0 { number = errno }
            count = max(0, result)
        }
        if number != 0 { throw .system("read a file", number) }
        guard bytes.count == range.count else {
            throw FileError(
                .truncated,
                "the file became shorter while it was sent: \(range.lowerBound + bytes.count) of \(size) bytes"
            )
        }
        return bytes
    }

    /// The bytes of its path, free of links, or `nil` when it has none or the system does not tell.
    var path: [UInt8]? {
        guard isLinked else { return nil }
        var length = 0
        // The call fills at most the size that it is told and says how much it filled.
        let path = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            length = buffer.withMemoryRebound(to: CChar.self) {
                nestbox_descriptor_path(descriptor, $0.baseAddress, $0.count)
            }
            count = max(0, length)
        }
        return path.first == UInt8(ascii: "/") ? path : nil
    }
}
