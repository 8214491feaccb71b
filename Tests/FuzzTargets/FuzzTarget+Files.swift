import NestboxHTTP

extension FuzzTarget {
    /// `Range` fields, for files of several sizes.
    static let range = FuzzTarget("range") { input in
        for size in [0, 1, 10, 1000, Int.max] {
            for limit in [0, 1, 5] {
                let ranges = ByteRanges(input[...], size: size, limit: limit)
                guard case .parts(let parts) = ranges else { continue }
                try expect(!parts.isEmpty && parts.count <= limit, "no more parts than allowed")
                try expect(
                    parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= size },
                    "a part lies inside of the file: \(parts) of \(size)")
                let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
                try expect(
                    zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound },
                    "no two parts overlap or touch: \(parts)")
                let field = "bytes=" + parts.map { "\($0.lowerBound)-\($0.upperBound - 1)" }.joined(separator: ",")
                try expect(
                    ByteRanges(Array(field.utf8)[...], size: size, limit: limit) == ranges,
                    "what was read can be asked for again: \(field) of \(size)")
            }
        }
    }

    /// Lists of entity tags.
    static let entityTag = FuzzTarget("entity-tag") { input in
        for tag in [EntityTag("1-a"), EntityTag("1-a", isWeak: true)] {
            let isListed = tag.isListed(in: input[...], weakly: true)
            try expect(
                !isListed || input.contains(UInt8(ascii: "*")) || input.contains(UInt8(ascii: "\"")),
                "what names no tag lists none")
            try expect(isListed || !tag.isListed(in: input[...], weakly: false), "a strong match is a weak one too")
            let list = Array("\(tag), ".utf8) + input
            try expect(tag.isListed(in: list[...], weakly: true), "a tag in front of a list is found")
        }
    }

    /// Paths of files: as URLs have them and as they are.
    static let filePath = FuzzTarget("file-path") { input in
        for showsHidden in [false, true] {
            guard let path = FilePath(percentEncoded: input[...], showsHidden: showsHidden) else { continue }
            let names = path.text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard !path.isEmpty else { continue }
            for (index, name) in names.enumerated() {
                let text = String(decoding: name, as: UTF8.self)
                try expect(!["", ".", ".."].contains(text), "no name leads elsewhere: \(path.text.debugDescription)")
                try expect(
                    !name.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }, "a name is a plain one")
                try expect(
                    showsHidden || name.first != UInt8(ascii: ".") || index == 0 && text == ".well-known",
                    "hidden files stay hidden: \(path.text.debugDescription)")
            }
            let encoded = PercentEncoding.encode(path.text, allowed: .path) + (path.namesDirectory ? "/" : "")
            try expect(
                FilePath(percentEncoded: Array(encoded.utf8)[...], showsHidden: showsHidden) == path,
                "a path that was read can be written")
            _ = path.fileExtension
        }
        _ = FilePath(String(decoding: input, as: UTF8.self))
    }
}
