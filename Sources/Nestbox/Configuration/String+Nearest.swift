extension String {
    /// Which of some words was meant by this one, which is none of them; `nil` when none is near.
    ///
    /// Near is what differs in a third of its letters at most, and `--limits-body` where only `--body` was written.
    func nearest(in words: some Sequence<String>) -> String? {
        let own = Array(utf8.prefix(100))
        let end = "-" + drop { $0 == "-" }
        var nearest: (distance: Int, word: String)?
        for word in words {
            let distance = word.hasSuffix(end) ? 2 : own.distance(to: Array(word.utf8))
            if distance < nearest?.distance ?? max(2, own.count / 3 + 1) { nearest = (distance, word) }
        }
        return nearest?.word
    }

    /// A question to add to a message, `""` when no word is near.
    func question(in words: some Sequence<String>) -> String {
        nearest(in: words).map { ". Did you mean \($0)?" } ?? ""
    }
}

extension [UInt8] {
    /// The Levenshtein distance.
    func distance(to other: [UInt8]) -> Int {
        var row = Array<Int>(0...other.count)
        for (i, byte) in enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, wanted) in other.enumerated() {
                let above = row[j + 1]
                row[j + 1] = Swift.min(above + 1, row[j] + 1, diagonal + (byte == wanted ? 0 : 1))
                diagonal = above
            }
        }
        return row[other.count]
    }
}
