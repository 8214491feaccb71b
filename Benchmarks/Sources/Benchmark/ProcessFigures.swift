import Foundation

/// A process, told from a later one with the same number by its start.
struct ProcessIdentity: Equatable {
    let process: pid_t
    let parent: pid_t
    let start: String
}

private func identity(of process: pid_t) -> ProcessIdentity? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let name = text.lastIndex(of: ")")
    else { return nil }
    // The fields after the name, which may contain blanks: state is the third, parent the fourth, start the 22nd.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 19, let parent = pid_t(fields[1]) else { return nil }
    return ProcessIdentity(process: process, parent: parent, start: String(fields[19]))
}

func isSame(_ known: ProcessIdentity) -> Bool {
    identity(of: known.process)?.start == known.start
}

/// The process itself and all it has started.
func processTree(of root: pid_t) -> [ProcessIdentity] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let everything = names.compactMap { pid_t($0) }.compactMap(identity(of:))
    var tree = everything.filter { $0.process == root }
    var next = 0
    while next < tree.count {
        tree += everything.filter { $0.parent == tree[next].process }
        next += 1
    }
    return tree
}

/// Processor time of the tree's processes, all threads included, in nanoseconds.
///
/// The kernel's clock of the process and not /proc's `stat`, which counts in hundredths of a second.
func processorNanoseconds(of tree: [ProcessIdentity]) -> Int64 {
    var sum: Int64 = 0
    for member in tree {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(member.process, &clock) == 0, clock_gettime(clock, &time) == 0 else { continue }
        sum += Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    return sum
}

/// Resident memory in KiB; pages that processes of the tree share count for each of them.
func residentKiB(of tree: [ProcessIdentity]) -> Int {
    var sum = 0
    for member in tree {
        guard let text = try? String(contentsOfFile: "/proc/\(member.process)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { continue }
        sum += line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first ?? 0
    }
    return sum
}

func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

func nanosecondsNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
