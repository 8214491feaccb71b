import FoundationEssentials
import Nestbox

/// The directory of what was uploaded.
struct Folder: Sendable {
    /// One file of it.
    struct Entry: Sendable {
        var name: String
        var size: Int
        var date: Date
    }

    static let largestFile = 10 << 20
    /// So that visitors fill a gigabyte, and not the disk.
    static let mostFiles = 100

    let root: FileRoot

    var path: String { root.path }

    /// Opens a directory, or makes it; a relative path starts beside the program.
    init(_ path: String) throws {
        root = FileRoot(path)
        try FileManager.default.createDirectory(
            atPath: root.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// What is there, the latest first.
    func entries() throws -> [Entry] {
        let manager = FileManager.default
        let entries = try manager.contentsOfDirectory(atPath: path).compactMap { name -> Entry? in
            // One that has gone in between, or is being received.
            guard !name.hasPrefix("."), let found = try? manager.attributesOfItem(atPath: "\(path)/\(name)") else {
                return nil
            }
            return Entry(
                name: name, size: (found[.size] as? any BinaryInteger).map { Int(clamping: $0) } ?? 0,
                date: found[.modificationDate] as? Date ?? .distantPast)
        }
        return entries.sorted { ($0.date, $1.name) > ($1.date, $0.name) }
    }

    /// Keeps a file under its own name, or one with a number when that is taken.
    /// - Throws: `HTTPError` 507 when there are too many.
    func keep(_ file: UploadedFile) async throws {
        let count = try entries().count
        guard count < Self.mostFiles else {
            throw HTTPError(.init(code: 507), "There is no room for more than \(Self.mostFiles) files.")
        }
        let name = SafeName(file.filename)
        for number in 1...Self.mostFiles + 1 {
            do {
                return try await file.save(to: "\(path)/\(name.numbered(number))")
            } catch let error as UploadError where error.code == .exists {}
        }
    }
}

/// A file's name that names a file of the folder, and nothing else, whatever a client made up.
struct SafeName: Sendable {
    private let stem: String
    /// With its dot.
    private let suffix: String

    init(_ name: String) {
        var plain = String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || scalar.value == 0x7F || scalar == "/" || scalar == "\\" ? "_" : scalar
                }))
        while plain.hasPrefix(".") { plain.removeFirst() }
        if plain.isEmpty { plain = "file" }
        let dot = plain.dropFirst().lastIndex(of: ".") ?? plain.endIndex
        // Together less than the 255 bytes that a name may have, whatever the characters.
        suffix = String(plain[dot...].prefix { !$0.isWhitespace }).prefix(bytes: 20)
        stem = String(plain[..<dot]).prefix(bytes: 200)
    }

    func numbered(_ number: Int) -> String { number == 1 ? stem + suffix : "\(stem) (\(number))\(suffix)" }
}

extension String {
    /// As many whole characters as fit in so many bytes.
    fileprivate func prefix(bytes limit: Int) -> String {
        var count = 0
        return String(
            prefix { character in
                count += character.utf8.count
                return count <= limit
            })
    }
}
