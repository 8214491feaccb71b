import Glibc
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("what a program's file says of itself", .timeLimit(.minutes(1)))
struct ProgramImageTests {
    /// A file that is put together by hand.
    private struct Image {
        var bytes = [UInt8](repeating: 0, count: 64)
        private var segments: [(type: UInt64, offset: Int, address: UInt64, size: Int)] = []

        init(machine: UInt64 = 62) {
            bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
            set(machine, 18, 2)
            set(56, 54, 2)
        }

        mutating func set(_ value: UInt64, _ offset: Int, _ size: Int) {
            for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
        }

        mutating func add(_ type: UInt64, _ content: [UInt8], address: UInt64 = 0) {
            segments.append((type, bytes.count, address, content.count))
            bytes += content
        }

        /// The file, with the table of its segments at the end.
        var whole: [UInt8] {
            var image = self
            image.set(UInt64(bytes.count), 32, 8)
            image.set(UInt64(segments.count), 56, 2)
            for segment in segments {
                let start = image.bytes.count
                image.bytes += [UInt8](repeating: 0, count: 56)
                image.set(segment.type, start, 4)
                image.set(UInt64(segment.offset), start + 8, 8)
                image.set(segment.address, start + 16, 8)
                image.set(UInt64(segment.size), start + 32, 8)
            }
            return image.bytes
        }

        static func words(_ values: [UInt64], size: Int = 8) -> [UInt8] {
            values.flatMap { value in (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }
        }

        /// One that needs two libraries and two versions of glibc.
        static var dynamic: Image {
            var image = Image()
            image.add(3, Array("/lib64/ld.so\0".utf8))
            let names = Array("\0libc.so.6\0libz.so.1\0GLIBC_2.4\0GLIBC_2.36\0".utf8)
            // A version of libc: two entries, 2.36 and 2.4.
            let versions =
                words([1, 2], size: 2) + words([1, 16, 0], size: 4)
                + words([0], size: 4) + words([0, 0], size: 2) + words([31, 16], size: 4)
                + words([0], size: 4) + words([0, 0], size: 2) + words([21, 0], size: 4)
            image.add(1, names + versions, address: 0x1000)
            let start: UInt64 = 0x1000
            image.add(
                2,
                words([
                    1, 1, 1, 11, 5, start, 0x6FFF_FFFE, start + UInt64(names.count), 0x6FFF_FFFF, 1, 0, 0, 1, 1,
                ]))
            return image
        }
    }

    private func read(_ bytes: [UInt8]) -> ProgramImage? {
        ProgramImage { offset, count in
            guard let start = Int(exactly: offset), start < bytes.count else { return nil }
            return Array(bytes[start...].prefix(count))
        }
    }

    @Test("is the processor, and nothing else of one that is static", arguments: [(62, "x86_64"), (183, "aarch64")])
    func staticImage(machine: UInt64, name: String) throws {
        let image = try #require(read(Image(machine: machine).whole))
        #expect(image.processor == name)
        #expect(image.isStatic)
        #expect(image.glibc == nil)
    }

    @Test("is the loader, the libraries and the highest version of glibc of one that is dynamic")
    func dynamicImage() throws {
        let image = try #require(read(Image.dynamic.whole))
        #expect(image.interpreter == "/lib64/ld.so")
        #expect(image.libraries == ["libc.so.6", "libz.so.1"])
        #expect(image.glibc == "2.36")
        #expect(!image.isStatic)
    }

    @Test("is right for the program of these tests")
    func own() throws {
        let image = try #require(ProgramImage(file: "/proc/self/exe"))
        #expect(image.interpreter?.contains("/ld-") == true)
        #expect(image.libraries.contains("libc.so.6"))
        #expect(image.glibc?.hasPrefix("2.") == true)
        var name = utsname()
        uname(&name)
        let machine = withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        #expect(image.processor == machine)
    }

    @Test("is nothing when it is no such file")
    func others() throws {
        #expect(read([]) == nil)
        #expect(read(Array("#!/bin/sh\r\n".utf8)) == nil)
        var narrow = Image().whole
        narrow[4] = 1
        #expect(read(narrow) == nil)
        let directory = try TemporaryDirectory()
        #expect(ProgramImage(file: directory.path) == nil)
        #expect(ProgramImage(file: directory.path("none")) == nil)
    }

    @Test("cannot be so wrong that it does harm")
    func damage() {
        var generator = SeededGenerator(seed: 0x0E1F)
        let whole = Image.dynamic.whole
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    [0, 1, 0x7F, 0x80, 0xFF].randomElement(
                        using: &generator) ?? 0
            }
            for bytes in [Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))), bytes] {
                // Nor does it say more than stands there.
                let image = read(bytes)
                #expect(
                    image.map { ([$0.interpreter ?? ""] + $0.libraries).allSatisfy { $0.utf8.count < bytes.count } }
                        ?? true)
            }
        }
    }
}
