import CNestboxSystem
import Glibc

/// How a program is started as a process of its own.
package struct Spawn {
    /// The path of its file, the command line and the environment, each text ended by NUL.
    package var path: [CChar]
    package var arguments: [[CChar]]
    package var environment: [[CChar]]
    /// Descriptors that become its own from 0 on, 16 at most; with any, it has no others.
    package var descriptors: [Int32] = []
    /// Descriptors that it has besides those that are not closed on exec, under their numbers.
    package var kept: [Int32] = []
    /// Whether it is to be a child of this process's parent, which waits for its end.
    package var isSibling = false
    /// Whether it leads a session of its own.
    package var leadsSession = false
    /// The signal that it gets when the thread that has started it ends, 0 for none.
    package var deathSignal: Int32 = 0

    package init(path: [CChar], arguments: [[CChar]], environment: [[CChar]]) {
        (self.path, self.arguments, self.environment) = (path, arguments, environment)
    }

    /// Starts the program, with the signal mask that this one was started with.
    /// - Returns: The process, and a descriptor that names it even when its ID is another one's, -1 where the system has none.
    package func start() throws(Failure) -> (processID: Int32, handle: Int32) {
        var (processID, handle): (pid_t, Int32) = (0, -1)
        let error = Self.withPointers(arguments) { arguments in
            Self.withPointers(environment) { environment in
                path.withUnsafeBufferPointer { path in
                    descriptors.withUnsafeBufferPointer { descriptors in
                        kept.withUnsafeBufferPointer { kept in
                            var spawn = nestbox_spawn_options()
                            spawn.path = path.baseAddress
                            (spawn.arguments, spawn.environment) = (arguments, environment)
                            (spawn.descriptors, spawn.descriptor_count) = (descriptors.baseAddress, descriptors.count)
                            (spawn.kept, spawn.kept_count) = (kept.baseAddress, kept.count)
                            spawn.is_sibling = isSibling ? 1 : 0
                            spawn.leads_session = leadsSession ? 1 : 0
                            spawn.death_signal = deathSignal
                            return nestbox_spawn(&spawn, &processID, &handle)
                        }
                    }
                }
            }
        }
        guard error == 0 else { throw Failure(errno: error) }
        return (processID, handle)
    }

    /// Why a program was not started.
    package struct Failure: Error, CustomStringConvertible {
        package let errno: Int32

        package var description: String { String(cString: strerror(errno)) }
    }

    /// Calls `body` with a list of texts as exec takes it.
    private static func withPointers<Result>(
        _ texts: [[CChar]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            // It has at least its last element.
            buffer.baseAddress.map(body) ?? body([nil])
        }
    }
}
