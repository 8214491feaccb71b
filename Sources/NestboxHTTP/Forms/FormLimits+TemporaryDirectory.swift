import Glibc

extension FormLimits {
    /// Where temporary files are made unless the configuration says otherwise: `TMPDIR`, else `/var/tmp`.
    ///
    /// It is not `/tmp`, which is a file system in memory on many machines.
    public static let temporaryDirectory: String = {
        guard let value = getenv("TMPDIR"), value.pointee != 0 else { return "/var/tmp" }
        // The environment's value is ended by a zero.
        return String(cString: value)
    }()
}
