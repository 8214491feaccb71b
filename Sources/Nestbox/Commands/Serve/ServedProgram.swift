import CNestboxSystem
import Glibc

/// The file of the program that `serve` runs, which may be replaced by a newer one at any time.
struct ServedProgram: Sendable {
    let path: String
    let arguments: [String]
    /// What the program has in its environment besides.
    let environment: [String]

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// What tells one build from another.
    struct Identity: Equatable, Sendable {
        private let device: UInt64
        private let inode: UInt64
        private let size: Int64
        private let modified: Int64
        private let nanoseconds: Int64
        let isExecutable: Bool

        /// Looks at a file, `nil` when there is none.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
            (size, modified) = (Int64(status.st_size), Int64(status.st_mtim.tv_sec))
            nanoseconds = Int64(status.st_mtim.tv_nsec)
            isExecutable = size > 0 && access(path, X_OK) == 0
        }
    }

    var identity: Identity? { Identity(path) }
}
