/// Which media types a client takes, and how gladly: the `Accept` field (RFC 9110 §12.5.1).
///
/// Parameters of a type but `q` are not looked at, and ranges that are malformed count as not there. A field of more than
/// 4,096 bytes or 64 ranges says nothing: everything is taken.
struct AcceptedTypes: Sendable {
    /// One type, all subtypes of one (`text/*`), or all (`*/*`).
    private struct Range {
        var type: Substring
        var subtype: Substring
        /// Thousandths.
        var quality: Int

        /// How closely the range names a type, or `nil` when it does not.
        func specificity(for offer: (type: Substring, subtype: Substring)) -> Int? {
            if type == "*" { return 0 }
            guard type == offer.type else { return nil }
            return subtype == "*" ? 1 : subtype == offer.subtype ? 2 : nil
        }
    }

    private var ranges: [Range] = []

    /// Reads a field value; an empty one takes everything.
    init(_ fieldValue: String) {
        guard fieldValue.utf8.count <= 4096 else { return }
        let elements = fieldValue.lowercased().split(separator: ",", maxSplits: 64)
        guard elements.count <= 64 else { return }
        ranges = elements.compactMap(Self.range)
    }

    /// The offer that the client likes best, or `nil` when it takes none.
    ///
    /// Of two that it likes the same the one wins that it names more closely, then the one that it names earlier, then the
    /// one that is offered earlier.
    func best(of offers: [String]) -> String? {
        guard !ranges.isEmpty else { return offers.first }
        var best: (offer: String, rank: (Int, Int, Int))?
        for offer in offers {
            guard let parts = Self.parts(of: offer[...]) else { continue }
            // The closest range says how good an offer is (RFC 9110 §12.5.1).
            var closest: (specificity: Int, quality: Int, position: Int)?
            for (position, range) in ranges.enumerated() {
                guard let specificity = range.specificity(for: parts), specificity > closest?.specificity ?? -1 else {
                    continue
                }
                closest = (specificity, range.quality, position)
            }
            guard let closest, closest.quality > 0 else { continue }
            let rank = (closest.quality, closest.specificity, -closest.position)
            if let best, rank <= best.rank { continue }
            best = (offer, rank)
        }
        return best?.offer
    }

    private static func range(_ element: Substring) -> Range? {
        let pieces = element.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmingOWS() }
        guard let first = pieces.first, let (type, subtype) = parts(of: first), type != "*" || subtype == "*" else {
            return nil
        }
        var quality: Int? = 1000
        for piece in pieces.dropFirst() where piece.hasPrefix("q=") { quality = Self.quality(piece.dropFirst(2)) }
        return quality.map { Range(type: type, subtype: subtype, quality: $0) }
    }

    private static func parts(of text: Substring) -> (type: Substring, subtype: Substring)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isTokenCharacter) }) else {
            return nil
        }
        return (parts[0], parts[1])
    }

    /// A weight from 0 to 1 with at most three decimals (RFC 9110 §12.4.2), in thousandths.
    private static func quality(_ text: Substring) -> Int? {
        let digits = text.utf8
        guard let first = digits.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1"), digits.count <= 5
        else {
            return nil
        }
        var quality = Int(first - UInt8(ascii: "0")) * 1000
        guard digits.count > 1 else { return quality }
        let decimals = digits.dropFirst(2)
        guard digits.dropFirst().first == UInt8(ascii: "."), decimals.allSatisfy(\.isASCIIDigit) else { return nil }
        for (digit, weight) in zip(decimals, [100, 10, 1]) { quality += Int(digit - UInt8(ascii: "0")) * weight }
        return quality <= 1000 ? quality : nil
    }
}

extension Request {
    /// The media type of those on offer that the client likes best, or `nil` when it takes none of them.
    ///
    ///     switch request.preferredMediaType(of: ["text/html", "application/json"]) { … }
    ///
    /// The first one stands for clients that have no preference, as `curl` (`*/*`) and those without an `Accept` field.
    /// A response that depends on it carries `Vary: Accept`.
    /// - Parameter offers: Types in lower case, without parameters.
    public func preferredMediaType(of offers: [String]) -> String? {
        let lines = variables.lines(of: "HTTP_ACCEPT")
        if lines.isEmpty { return offers.first }
        return AcceptedTypes(lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")).best(of: offers)
    }
}
