import Glibc
import NestboxTesting

/// A file system in memory with room for little, below a temporary directory; only root can have one.
final class SmallDisk {
    /// Where it is.
    let path: String
    private let directory: TemporaryDirectory

    static let isPossible: Bool = geteuid() == 0 && (try? SmallDisk(kilobytes: 64)) != nil

    init(kilobytes: Int) throws {
        directory = try TemporaryDirectory()
        let path = directory.path("disk")
        guard mkdir(path, 0o700) == 0 else { throw File.SystemError("mkdir") }
        let options = "size=\(kilobytes)k,mode=700"
        let flags = UInt(MS_NODEV | MS_NOSUID | MS_NOEXEC)
        guard mount("none", path, "tmpfs", flags, options) == 0 else { throw File.SystemError("mount") }
        self.path = path
    }

    /// Writes a file as large as there is room.
    func fill() throws {
        let file = open("\(path)/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw File.SystemError("open") }
        defer { close(file) }
        for size in [4096, 1] {
            let bytes = [UInt8](repeating: 0x78, count: size)
            while write(file, bytes, size) == size {}
        }
        guard errno == ENOSPC else { throw File.SystemError("write") }
    }

    /// Removes that file.
    func makeRoom() throws {
        guard unlink("\(path)/filler") == 0 else { throw File.SystemError("unlink") }
    }

    /// Lets nobody write, or lets them again.
    func setReadOnly(_ isReadOnly: Bool) throws {
        let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
        guard mount("none", path, "tmpfs", flags, nil) == 0 else { throw File.SystemError("remount") }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}
