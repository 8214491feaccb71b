import Glibc
import NestboxTesting

/// Counter as `make cgi APP=Counter` makes it: the file that users upload.
enum StaticProgram {
    static let path = "\(Repository.root)/.build/static/release/Counter.cgi"

    /// Whether it was made; `make test` makes it.
    static let isBuilt = access(path, X_OK) == 0

    /// Copies it, with mode 755.
    static func copy(to target: String) throws {
        let bytes = try File.bytes(path)
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755)
        guard file >= 0 else { throw File.SystemError(target) }
        defer { close(file) }
        guard fchmod(file, 0o755) == 0, write(file, bytes, bytes.count) == bytes.count else {
            throw File.SystemError(target)
        }
    }
}
