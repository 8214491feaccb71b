import Glibc
import Nestbox

/// A program that takes files and tells how many bytes of them are what a test sends.
///
/// For the tests of uploads: memory, temporary files and descriptors are looked at from outside.
@main
struct Cloakroom {
    static func main() throws {
        // Bytes 0 to 255 again and again, as much as is read at once.
        let pattern = (0..<(64 << 10)).map { UInt8(truncatingIfNeeded: $0) }
        var router = Router()
        router.post("/") { request in
            let form = try await request.form()
            var right = 0
            for file in form.files {
                for try await chunk in file where memcmp(chunk, pattern, min(chunk.count, pattern.count)) == 0 {
                    right += chunk.count
                }
            }
            return "\(form["name"] ?? "") \(form.files.count) \(right)\n"
        }
        try Application(router: router).run()
    }
}
