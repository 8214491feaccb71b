import Glibc

/// What the system knows about other processes.
enum Process {
    static func children(of processID: Int32) -> [Int32] {
        let text = (try? File.text("/proc/\(processID)/task/\(processID)/children")) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }

    /// How many descriptors a process has open.
    static func descriptors(of processID: Int32) -> Int { File.names(in: "/proc/\(processID)/fd").count }

    /// The inodes of the sockets that a process has open.
    static func sockets(of processID: Int32) -> Set<String> {
        let folder = "/proc/\(processID)/fd"
        return Set(
            File.names(in: folder).compactMap { name in
                var buffer = [CChar](repeating: 0, count: 64)
                let count = max(0, readlink("\(folder)/\(name)", &buffer, buffer.count))
                let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
                return target.hasPrefix("socket:[") ? String(target.dropFirst(8).dropLast()) : nil
            })
    }

    /// How many bytes of memory a process occupies.
    static func memory(of processID: Int32) -> Int? {
        let fields = (try? File.text("/proc/\(processID)/statm"))?.split(separator: " ") ?? []
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
    }

    /// The modes of the files below a directory that a process has open, whether they have a name or not.
    static func openFiles(of processID: Int32, below directory: String) -> [UInt32] {
        let folder = "/proc/\(processID)/fd"
        return File.names(in: folder).compactMap { name in
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = max(0, readlink("\(folder)/\(name)", &buffer, buffer.count))
            let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            var status = stat()
            guard target.hasPrefix(directory + "/"), stat("\(folder)/\(name)", &status) == 0 else { return nil }
            return status.st_mode
        }
    }
}

extension Process {
    /// A process, and not another one that has got its number since.
    struct Identity: Hashable {
        let id: Int32
        /// When it was started, in the system's ticks.
        let start: UInt64

        /// Whether there is a process of that number.
        static func runs(_ id: Int32) -> Bool { Status(id).map { !$0.hasEnded } ?? false }

        /// Whether it still runs; one that has ended and is not yet collected does not.
        var isRunning: Bool { Status(id).map { $0.start == start && !$0.hasEnded } ?? false }
    }

    /// What `/proc/ID/stat` says.
    private struct Status {
        let hasEnded: Bool
        let isStopped: Bool
        let parent: Int32
        let start: UInt64

        init?(_ id: Int32) {
            // The name in parentheses, which may hold anything, comes before the fields that matter.
            guard let text = try? File.text("/proc/\(id)/stat"), let name = text.lastIndex(of: ")") else { return nil }
            let fields = text[name...].split(separator: " ").dropFirst()
            guard fields.count > 19, let parent = Int32(fields[fields.startIndex + 1]),
                let start = UInt64(fields[fields.startIndex + 19])
            else { return nil }
            hasEnded = ["Z", "X"].contains(fields[fields.startIndex])
            isStopped = fields[fields.startIndex] == "T"
            (self.parent, self.start) = (parent, start)
        }
    }

    /// Whether a process was stopped by a signal.
    static func isStopped(_ id: Int32) -> Bool { Status(id)?.isStopped ?? false }

    private static var all: [Int32: Status] {
        let ids = File.names(in: "/proc").compactMap { Int32($0) }
        return Dictionary(uniqueKeysWithValues: ids.compactMap { id in Status(id).map { (id, $0) } })
    }

    /// A process with its children, their children, and so on.
    static func family(of id: Int32) -> Set<Identity> {
        let all = all
        var found: Set<Identity> = []
        var next = [id]
        while let id = next.popLast() {
            guard let status = all[id], found.insert(Identity(id: id, start: status.start)).inserted else { continue }
            next += all.filter { $0.value.parent == id }.keys
        }
        return found
    }

    /// The processes with `text` in their command line.
    static func naming(_ text: String) -> Set<Identity> {
        Set(
            all.filter { ((try? File.text("/proc/\($0.key)/cmdline")) ?? "").contains(text) }
                .map { Identity(id: $0.key, start: $0.value.start) })
    }

    /// Waits for the end of processes, and kills those that are still there after `grace`.
    static func end(_ processes: Set<Identity>, grace: Duration) {
        if eventually(within: grace, { !processes.contains(where: \.isRunning) }) { return }
        for process in processes where process.isRunning { kill(process.id, SIGKILL) }
        _ = eventually { !processes.contains(where: \.isRunning) }
    }
}
