import CNestboxSystem
import Glibc

/// The socket on which `serve` has its program listen; it is this process's, and outlives the program.
final class ServedSocket {
    let listener: Int32
    /// A connection on which the program was asked for its limits, -1 when there is none.
    private(set) var question: Int32 = -1
    private var isAnswered = false
    private let path: String

    init(at path: String) throws(StartError) {
        self.path = path
        unlink(path)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let isOpen = listener >= 0 && Self.call(path) { bind(listener, $0, $1) } == 0 && listen(listener, 1024) == 0
        guard isOpen else {
            let error = errno
            if listener >= 0 { close(listener) }
            throw StartError("\(path): \(String(cString: strerror(error)))")
        }
    }

    /// Asks the program for something that it answers as soon as it serves, and logs nowhere: FastCGI §4.1.
    func ask() {
        if question >= 0 { close(question) }
        isAnswered = false
        question = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard question >= 0 else { return }
        // FCGI_GET_VALUES of no names.
        let record: [UInt8] = [1, 9, 0, 0, 0, 0, 0, 0]
        _ = Self.call(path) { connect(question, $0, $1) }
        _ = record.withUnsafeBytes { nestbox_send(question, $0.baseAddress, $0.count, nil, 0, nil, 0) }
    }

    /// Whether the program has answered since it was asked.
    var hasAnswered: Bool {
        guard !isAnswered else { return true }
        if question < 0 { ask() }
        var byte: UInt8 = 0
        let count = read(question, &byte, 1)
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        // A program that hangs up instead is asked again the next time.
        isAnswered = count == 1
        if question >= 0 { close(question) }
        question = -1
        return isAnswered
    }

    deinit {
        if question >= 0 { close(question) }
        close(listener)
        unlink(path)
    }

    private static func call(
        _ path: String, _ function: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The directory's path is short: what does not fit is cut, and then found by nobody.
        let size = MemoryLayout.size(ofValue: address.sun_path)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(size - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
