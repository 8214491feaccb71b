import FoundationEssentials
import Glibc
import NestboxTesting

/// A picture of what a visitor sees, as PNG.
struct Screenshot {
    let bytes: [UInt8]
    let width: Int
    let height: Int

    /// Reads the size of a PNG.
    init(_ bytes: [UInt8]) throws {
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // The signature, then the first chunk: its length, its name, the width and the height.
        guard bytes.count > 24, bytes.starts(with: signature), Array(bytes[12..<16]) == Array("IHDR".utf8) else {
            throw TestingError(.malformed, "the screenshot is no PNG")
        }
        func number(at index: Int) -> Int { bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
        (self.bytes, width, height) = (bytes, number(at: 16), number(at: 20))
    }

    func save(to path: String) throws {
        guard let file = fopen(path, "we") else { throw File.SystemError(path) }
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else { throw File.SystemError(path) }
    }

    /// Saves the picture as `NAME.png` in the folder that the environment names in `SCREENSHOTS`, if it does.
    ///
    /// For people who want to see what the tests see.
    func keep(as name: String) throws {
        guard let folder = getenv("SCREENSHOTS") else { return }
        try save(to: "\(String(cString: folder))/\(name).png")
    }
}

extension Browser {
    /// Takes a picture of the part of the page that is in the window.
    func screenshot() throws -> Screenshot {
        guard let text = try call("GET", "/screenshot").string, let data = Data(base64Encoded: text) else {
            throw TestingError(.malformed, "the driver sent no screenshot")
        }
        return try Screenshot(Array(data))
    }
}
