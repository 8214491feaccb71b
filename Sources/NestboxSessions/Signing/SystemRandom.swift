import Glibc

/// The kernel's random source.
enum SystemRandom {
    /// Random bytes, at most 256; the process ends when there are none, because nothing would be safe then.
    ///
    /// One system call fetches all of them; `SystemRandomNumberGenerator` makes one for every eight.
    static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // The buffer has room for `count` bytes at least, and getentropy fills in as many or fails.
            guard let address = buffer.baseAddress, getentropy(address, count) == 0 else {
                fatalError("the kernel's random source gives no \(count) bytes: \(String(cString: strerror(errno)))")
            }
            filled = count
        }
    }
}
