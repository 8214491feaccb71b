import Glibc
import NestboxHTTP

extension CGIVariables {
    /// Copies C strings `name=value`, ended by a null pointer: libfcgi's parameters or the process environment.
    ///
    /// The strings are read during the call and not kept. `HTTP_PROXY` is left out (httpoxy, CVE-2016-5385): a client
    /// sets it with a `Proxy` field, and programs that a handler starts would obey it.
    init(environment: UnsafePointer<UnsafeMutablePointer<CChar>?>) {
        var size = 0
        var count = 0
        while let string = environment[count] {
            size += strlen(string)
            count += 1
        }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
            var index = 0
            while let string = environment[index] {
                index += 1
                let length = strlen(string)
                guard let sign = memchr(string, Int32(UInt8(ascii: "=")), length) else { continue }
                let nameCount = UnsafeRawPointer(string).distance(to: UnsafeRawPointer(sign))
                guard nameCount > 0, !isProxy(string, nameCount), used + length <= buffer.count,
                    let target = buffer.baseAddress
                else { continue }
                memcpy(target + used, string, length)
                entries.append(
                    Entry(
                        nameStart: used, nameCount: nameCount, valueStart: used + nameCount + 1,
                        valueCount: length - nameCount - 1))
                used += length
            }
        }
        self.init(bytes: bytes, entries: entries)
    }

    /// A pointer to mutable strings, as C declares `envp`.
    init(environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
        self.init(environment: UnsafePointer(environment))
    }
}

private func isProxy(_ string: UnsafePointer<CChar>, _ nameCount: Int) -> Bool {
    nameCount == 10 && strncmp(string, "HTTP_PROXY", 10) == 0
}
