import Glibc
import NestboxTesting

/// A file system that is mounted while the object is there; only root can.
final class Mount {
    let path: String

    /// Whether this process may mount, which root in a container may not.
    static let isPossible: Bool = {
        guard geteuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        return (try? Mount(["-t", "tmpfs", "tmpfs"], at: directory.path("disk"))) != nil
    }()

    init(_ arguments: [String], at path: String) throws {
        self.path = path
        mkdir(path, 0o700)
        let status = try ChildProcess(Repository.tool("mount") ?? "/bin/mount", arguments + [path]).wait()
        guard status == .exited(0) else { throw TestingError(.closed, "mount ended with \(status)") }
    }

    func remount(_ options: String) throws {
        let status = try ChildProcess(
            Repository.tool("mount") ?? "/bin/mount", ["-o", "remount,\(options)", path]
        ).wait()
        guard status == .exited(0) else { throw TestingError(.closed, "mount ended with \(status)") }
    }

    deinit {
        _ = try? ChildProcess(Repository.tool("umount") ?? "/bin/umount", ["-l", path]).wait()
        rmdir(path)
    }
}
