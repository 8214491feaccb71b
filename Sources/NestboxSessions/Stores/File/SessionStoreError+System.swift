import Glibc

extension SessionStoreError {
    /// A call of the system that failed, with `errno` as the reason, which is read before the path is put together.
    static func system(
        _ action: String, _ path: @autoclosure () -> String, _ number: Int32 = errno
    ) -> SessionStoreError {
        SessionStoreError(
            .unavailable,
            "cannot \(action) \(path()): \(String(cString: strerror(number))) (error \(number)). \(remedy(number))")
    }

    private static func remedy(_ number: Int32) -> String {
        switch number {
        case ENOSPC: "Free some space or inodes on that file system"
        case EDQUOT: "Raise the quota of the user who runs the program"
        case EFBIG: "Raise the limit of file sizes (ulimit -f)"
        case EROFS: "Mount the file system for writing"
        case EMFILE, ENFILE: "Raise the limit of open files (ulimit -n, LimitNOFILE)"
        case EACCES, EPERM: "Let the directory belong to the user who runs the program, with mode 0700"
        case ELOOP, EXDEV: "Remove the symbolic link: the store uses none"
        case ENOENT, ENOTDIR: "Make the directory anew and start the program again"
        default: "The system's log may say more"
        }
    }
}
