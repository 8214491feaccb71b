import FuzzTargets
import Glibc
import NestboxTesting
import Testing

@Suite("the corpus of the fuzzers", .timeLimit(.minutes(1)))
struct CorpusTests {
    @Test("every parser takes every file of its corpus, and damaged ones", arguments: FuzzTarget.all)
    func corpus(target: FuzzTarget) async throws {
        let files = try Corpus.files(of: target.name)
        #expect(!files.isEmpty, "Fuzzing/Corpus/\(target.name) has no files")
        var random = SeededGenerator(seed: 1)
        for (name, bytes) in files {
            for input in [bytes] + (0..<30).map({ _ in random.mutated(bytes) }) {
                do {
                    try await target.run(input)
                } catch {
                    Issue.record("\(name): \(error) Input: \(String(decoding: input, as: UTF8.self).debugDescription)")
                    return
                }
            }
        }
    }

    @Test("every folder of the corpus belongs to a parser")
    func folders() throws {
        #expect(try Corpus.names("").sorted() == FuzzTarget.all.map(\.name).sorted())
    }
}

/// The files of `Fuzzing/Corpus`.
private enum Corpus {
    static let path = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Fuzzing/Corpus"

    static func files(of target: String) throws -> [(name: String, bytes: [UInt8])] {
        try names(target).sorted().map { ($0, try bytes("\(path)/\(target)/\($0)")) }
    }

    static func names(_ folder: String) throws -> [String] {
        let listing = try #require(opendir("\(path)/\(folder)"), "no folder Fuzzing/Corpus/\(folder)")
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { !$0.hasPrefix(".") }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        try #require(file >= 0, "cannot open \(path)")
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count <= 0 { return bytes }
            bytes += chunk.prefix(count)
        }
    }
}
