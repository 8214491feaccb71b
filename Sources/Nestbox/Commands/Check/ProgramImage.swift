import Glibc

/// What a program's file says of itself (ELF, 64 bits, little-endian): for which processor it is, and what it needs of
/// the machine it is started on.
struct ProgramImage {
    /// The processor, as `uname -m` names it.
    let processor: String
    /// The loader that the kernel starts in its place, such as `/lib64/ld-linux-x86-64.so.2`.
    private(set) var interpreter: String?
    /// The libraries that it must find.
    private(set) var libraries: [String] = []
    /// The least version of glibc, such as `2.36`.
    private(set) var glibc: String?

    /// Whether it needs nothing.
    var isStatic: Bool { interpreter == nil && libraries.isEmpty }

    /// Reads a file; `nil` when it is none of this kind.
    init?(file path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        self.init { offset, count in
            guard let offset = Int(exactly: offset) else { return nil }
            var bytes = [UInt8](repeating: 0, count: count)
            let length = pread(descriptor, &bytes, count, offset)
            return length > 0 ? Array(bytes.prefix(length)) : nil
        }
    }

    /// Reads an image.
    /// - Parameter read: Returns up to so many bytes at an offset, fewer at the end, `nil` behind it.
    init?(reading read: @escaping (_ offset: UInt64, _ count: Int) -> [UInt8]?) {
        let file = Reader(read: read)
        // The magic number, 64 bits, little-endian.
        guard let header = file.bytes(0, 64), header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
            let machine = header.number(18, 2), let table = header.number(32, 8), let size = header.number(54, 2),
            let count = header.number(56, 2), size >= 56
        else { return nil }
        processor = [62: "x86_64", 183: "aarch64", 243: "riscv64", 22: "s390x"][machine] ?? "processor \(machine)"
        var loads: [Segment] = []
        var dynamic: Segment?
        for index in 0..<min(count, 128) {
            guard let entry = file.bytes(table &+ index &* size, 56), let type = entry.number(0, 4),
                let segment = Segment(entry)
            else { return nil }
            switch type {
            case 1: loads.append(segment)
            case 2: dynamic = segment
            case 3: interpreter = file.text(segment.offset)
            default: continue
            }
        }
        if let dynamic { readDynamic(dynamic, file.mapped(loads)) }
    }

    /// Reads the dynamic section: pairs of a tag and a value.
    private mutating func readDynamic(_ section: Segment, _ file: Reader) {
        var (needed, strings, versions, count): ([UInt64], UInt64, UInt64?, UInt64) = ([], 0, nil, 0)
        for index in 0..<min(section.size / 16, 4096) {
            guard let entry = file.bytes(section.offset &+ index &* 16, 16), let tag = entry.number(0, 8),
                let value = entry.number(8, 8), tag != 0
            else { break }
            switch tag {
            case 1: needed.append(value)
            case 5: strings = file.offset(ofAddress: value)
            case 0x6FFF_FFFE: versions = file.offset(ofAddress: value)
            case 0x6FFF_FFFF: count = value
            default: continue
            }
        }
        libraries = needed.prefix(256).compactMap { file.text(strings &+ $0) }
        guard let versions else { return }
        readVersions(at: versions, min(count, 256), file, strings)
    }

    /// Reads which versions of each library are needed, and keeps the highest one of glibc.
    private mutating func readVersions(at start: UInt64, _ count: UInt64, _ file: Reader, _ strings: UInt64) {
        var highest: [Int] = []
        var library = start
        for _ in 0..<count {
            guard let need = file.bytes(library, 16), let versions = need.number(2, 2), let first = need.number(8, 4),
                let next = need.number(12, 4)
            else { break }
            var version = library &+ first
            for _ in 0..<min(versions, 256) {
                guard let entry = file.bytes(version, 16), let name = entry.number(8, 4),
                    let following = entry.number(12, 4)
                else { break }
                if let text = file.text(strings &+ name), text.hasPrefix("GLIBC_") {
                    let parts = text.dropFirst(6).split(separator: ".").compactMap { Int($0) }
                    if highest.lexicographicallyPrecedes(parts) { highest = parts }
                }
                version &+= following
                if following == 0 { break }
            }
            library &+= next
            if next == 0 { break }
        }
        glibc = highest.isEmpty ? nil : highest.map(String.init).joined(separator: ".")
    }
}

extension ProgramImage {
    /// A part of the file, and where it is in memory.
    private struct Segment {
        let offset: UInt64
        let address: UInt64
        let size: UInt64

        /// Takes an entry of the program header table.
        init?(_ entry: [UInt8]) {
            guard let offset = entry.number(8, 8), let address = entry.number(16, 8), let size = entry.number(32, 8)
            else {
                return nil
            }
            (self.offset, self.address, self.size) = (offset, address, size)
        }
    }

    /// Reads numbers and names; what is not there is `nil`.
    private struct Reader {
        let read: (_ offset: UInt64, _ count: Int) -> [UInt8]?
        var segments: [Segment] = []

        func mapped(_ segments: [Segment]) -> Reader { Reader(read: read, segments: segments) }

        func bytes(_ offset: UInt64, _ count: Int) -> [UInt8]? {
            guard let bytes = read(offset, count), bytes.count == count else { return nil }
            return bytes
        }

        /// A name of at most 255 bytes, ended by a zero.
        func text(_ offset: UInt64) -> String? {
            guard let bytes = read(offset, 256), let end = bytes.firstIndex(of: 0) else { return nil }
            return String(decoding: bytes[..<end], as: UTF8.self)
        }

        func offset(ofAddress address: UInt64) -> UInt64 {
            guard let segment = segments.first(where: { $0.address <= address && address - $0.address < $0.size })
            else {
                return .max
            }
            return segment.offset &+ (address - segment.address)
        }
    }
}

extension [UInt8] {
    /// A number of so many bytes, the lowest one first.
    fileprivate func number(_ offset: Int, _ size: Int) -> UInt64? {
        guard offset >= 0, size <= 8, offset + size <= count else { return nil }
        return self[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
