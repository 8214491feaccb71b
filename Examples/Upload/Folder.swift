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
            // One that has gone in between, or is being saved.
            guard !name.hasPrefix("."), let found = try? manager.attributesOfItem(atPath: "\(path)/\(name)") else {
                return nil
            }
            return Entry(
                name: name, size: (found[.size] as? any BinaryInteger).map { Int(clamping: $0) } ?? 0,
                date: found[.modificationDate] as? Date ?? .distantPast)
        }
        return entries.sorted { ($0.date, $1.name) > ($1.date, $0.name) }
    }

    /// Keeps files, each under its own name, or one with a number when that is taken.
    /// - Throws: `HTTPError` 507 when there is no room for all of them.
    func keep(_ files: [UploadedFile]) async throws {
        let count = try FileManager.default.contentsOfDirectory(atPath: path).count
        guard count + files.count <= Self.mostFiles else {
            throw HTTPError(.init(code: 507), "There is no room for more than \(Self.mostFiles) files.")
        }
        for file in files { try await keep(file) }
    }

    private func keep(_ file: UploadedFile) async throws {
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
        // By scalars and never by characters: what is put behind a dot could make another character of it.
        var plain = String.UnicodeScalarView(
            name.unicodeScalars.map { scalar in
                scalar.value < 0x20 || scalar.value == 0x7F || scalar == "/" || scalar == "\\" ? "_" : scalar
            })[...]
        plain = plain.drop { $0 == "." }
        let dot = plain.dropFirst().lastIndex(of: ".") ?? plain.endIndex
        // Together less than the 255 bytes that a name may have, whatever the scalars.
        suffix = plain[dot...].prefix { !$0.properties.isWhitespace }.prefix(bytes: 20)
        let start = plain[..<dot].prefix(bytes: 200)
        // Without one it would be hidden, or the folder itself.
        stem = start.isEmpty ? "file" : start
    }

    func numbered(_ number: Int) -> String { number == 1 ? stem + suffix : "\(stem) (\(number))\(suffix)" }
}

extension Substring.UnicodeScalarView {
    /// As many whole scalars as fit in so many bytes.
    fileprivate func prefix(bytes limit: Int) -> String {
        var count = 0
        return String(
            prefix { scalar in
                count += UTF8.width(scalar)
                return count <= limit
            })
    }
}
