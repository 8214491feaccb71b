/// What the system knows about other processes.
enum Process {
    static func children(of processID: Int32) -> [Int32] {
        let text = (try? File.text("/proc/\(processID)/task/\(processID)/children")) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }

    /// How many descriptors a process has open.
    static func descriptors(of processID: Int32) -> Int { File.names(in: "/proc/\(processID)/fd").count }
}
