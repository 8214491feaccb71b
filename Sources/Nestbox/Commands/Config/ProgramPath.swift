import Glibc
import NestboxGateway

/// The program's file, on the machine that a configuration is for.
struct ProgramPath: Sendable {
    let path: String

    /// The name of the file.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// What a service of systemd is called after it: the file's name in lower case, without suffix and signs.
    var unit: String {
        let stem = name.split(separator: ".").first ?? ""
        let plain = String(stem.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }).lowercased()
        return plain.isEmpty || plain.hasPrefix("-") ? "nestbox" : plain
    }

    /// Where the application listens when nothing else is configured.
    var socket: ListenAddress { .unix("/run/\(unit)/app.sock") }
}

extension CommandContext {
    /// The file that `--program` names, else this program's own.
    var programPath: ProgramPath {
        ProgramPath(path: option("program") ?? "\(CommandLine.programDirectory)/\(CommandLine.programFile)")
    }
}
