import CNestboxSystem

/// A directory in which the program's file is, somewhere below it.
///
/// It is known by what it is and not by a path: links and bind mounts give a directory other paths.
struct ProgramPlace {
    private let device: UInt64
    private let inode: UInt64
    /// Whether the way from here to the program's file goes over a name that starts with a dot.
    let hidesProgram: Bool

    /// The directory of the program's file and all above it, as they were when the program first asked.
    static let all: [ProgramPlace] = {
        var places: [ProgramPlace] = []
        let directory = CommandLine.programDirectory
        // Without /proc nothing is known.
        guard directory.hasPrefix("/") else { return [] }
        var segments = directory.split(separator: "/")
        var hidesProgram = false
        while true {
            var status = nestbox_file_status()
            if nestbox_path_status("/" + segments.joined(separator: "/"), &status) == 0 {
                places.append(
                    ProgramPlace(device: status.device, inode: status.inode, hidesProgram: hidesProgram))
            }
            guard let last = segments.popLast() else { return places }
            if last.hasPrefix(".") { hidesProgram = true }
        }
    }()

    /// Whether it is this directory.
    func matches(_ status: nestbox_file_status) -> Bool { inode == status.inode && device == status.device }
}
