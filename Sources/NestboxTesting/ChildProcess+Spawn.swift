import Glibc

extension ChildProcess {
    /// The preparations for one posix_spawn(3).
    struct Spawn: ~Copyable {
        private var actions = posix_spawn_file_actions_t()
        private var attributes = posix_spawnattr_t()
        private var ends: [Held] = []

        /// Keeps the child's end of a stream open until the child has it.
        private final class Held {
            let descriptor: OwnedDescriptor

            init(_ descriptor: consuming OwnedDescriptor) {
                self.descriptor = descriptor
            }
        }

        init() throws(TestingError) {
            try Self.check("posix_spawn_file_actions_init", posix_spawn_file_actions_init(&actions))
            try Self.check("posix_spawnattr_init", posix_spawnattr_init(&attributes))
            // A test process may ignore SIGPIPE, and that would be inherited.
            var all = sigset_t()
            var none = sigset_t()
            sigfillset(&all)
            sigemptyset(&none)
            posix_spawnattr_setsigdefault(&attributes, &all)
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        }

        deinit {
            var (actions, attributes) = (actions, attributes)
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }

        /// Lets descriptor `target` of the child lead to `stream`, and returns the parent's end of a pipe.
        mutating func connect(_ stream: Stream, to target: Int32) throws(TestingError) -> OwnedDescriptor? {
            let mode = target == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
            switch stream {
            case .null: try give(OwnedDescriptor(open("/dev/null", O_RDWR | O_CLOEXEC), from: "open"), target)
            case .file(let path):
                try give(OwnedDescriptor(open(path, mode | O_CLOEXEC, 0o600), from: "open \(path)"), target)
            case .descriptor(let number):
                try give(OwnedDescriptor(fcntl(number, F_DUPFD_CLOEXEC, 3), from: "fcntl"), target)
            case .pipe:
                var ends: [Int32] = [0, 0]
                guard Glibc.pipe(&ends) == 0 else { throw .system("pipe") }
                let reading = try OwnedDescriptor(ends[0], from: "pipe")
                let writing = try OwnedDescriptor(ends[1], from: "pipe")
                try reading.closeOnExec()
                try writing.closeOnExec()
                if target == 0 {
                    try give(reading, target)
                    // A child that does not read must not stop the test beyond its deadline.
                    guard fcntl(writing.raw, F_SETFL, O_NONBLOCK) == 0 else { throw .system("fcntl") }
                    return writing
                }
                try give(writing, target)
                return reading
            }
            return nil
        }

        private mutating func give(_ descriptor: consuming OwnedDescriptor, _ target: Int32) throws(TestingError) {
            let end = Held(try descriptor.copy())
            try Self.check(
                "posix_spawn_file_actions_adddup2",
                posix_spawn_file_actions_adddup2(&actions, end.descriptor.raw, target))
            ends.append(end)
        }

        /// Starts the program; all descriptors above 2 are closed in the child.
        consuming func run(
            _ program: String, _ arguments: [String], _ environment: [String], workingDirectory: String?
        ) throws(TestingError) -> Int32 {
            if let workingDirectory {
                let addchdir = try Self.find("posix_spawn_file_actions_addchdir_np", as: AddChdir.self)
                try Self.check("addchdir \(workingDirectory)", addchdir(&actions, workingDirectory))
            }
            let addclosefrom = try Self.find("posix_spawn_file_actions_addclosefrom_np", as: AddCloseFrom.self)
            try Self.check("addclosefrom", addclosefrom(&actions, 3))
            var argv = arguments.map { strdup($0) } + [nil]
            var envp = environment.map { strdup($0) } + [nil]
            defer { for string in argv + envp { free(string) } }
            var processID: pid_t = 0
            try Self.check(
                "posix_spawn \(program)", posix_spawn(&processID, program, &actions, &attributes, &argv, &envp))
            return processID
        }

        private typealias AddChdir =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32
        private typealias AddCloseFrom =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

        /// Finds a function of the C library that Swift's `Glibc` module hides, for want of `_GNU_SOURCE`.
        private static func find<Function>(_ name: String, as _: Function.Type) throws(TestingError) -> Function {
            guard let symbol = dlsym(nil, name) else {
                throw TestingError(.refused, "the C library has no \(name)")
            }
            return unsafeBitCast(symbol, to: Function.self)
        }

        private static func check(_ call: String, _ number: Int32) throws(TestingError) {
            if number != 0 { throw .system(call, number) }
        }
    }
}
