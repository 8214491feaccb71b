/// What a `Range` field asks for (RFC 9110 §14.2).
package enum ByteRanges: Sendable, Equatable {
    /// The whole file: there is no such field, it is malformed or of another unit, or it asks for too much.
    case whole
    /// These parts, in order, of which no two overlap or touch, and none is empty.
    case parts([Range<Int>])
    /// 416: nothing of what it asks for is there.
    case unsatisfiable

    /// The most ranges of one request, whatever a root allows.
    package static let most = 1000

    /// Reads the value of a `Range` field.
    ///
    /// Ranges that overlap or touch are made one, which stands where the first of them stood. A field is left
    /// out of account when it has more ranges than `limit`, or when they add up to more than the file: those are broken
    /// clients, or attacks (RFC 9110 §17.15). So is any field for an empty file, of which no part could be named.
    /// - Parameters:
    ///   - field: The value.
    ///   - size: The size of the file.
    ///   - limit: How many ranges there may be, ``most`` at most.
    package init(_ field: ArraySlice<UInt8>, size: Int, limit: Int) {
        self = .whole
        let limit = min(max(0, limit), Self.most)
        guard size > 0, let specifiers = Self.specifiers(field, limit: limit) else { return }
        var parts: [Range<Int>] = []
        var total = 0
        for specifier in specifiers {
            guard let part = specifier.range(of: size) else { continue }
            let (sum, overflow) = total.addingReportingOverflow(part.count)
            guard !overflow, sum <= size else { return }
            total = sum
            parts.append(part)
        }
        self = parts.isEmpty ? .unsatisfiable : .parts(Self.joined(parts))
    }

    private enum Specifier {
        /// From a position to another, that one included, or to the end.
        case from(Int, through: Int?)
        /// So many bytes at the end.
        case last(Int)

        /// The bytes of a file that is not empty, if there are any.
        func range(of size: Int) -> Range<Int>? {
            switch self {
            case .from(let first, let last):
                guard first < size else { return nil }
                return first..<(min(last ?? size - 1, size - 1) + 1)
            case .last(let count): return count == 0 ? nil : max(0, size - count)..<size
            }
        }
    }

    private static func specifiers(_ field: ArraySlice<UInt8>, limit: Int) -> [Specifier]? {
        let unit = field.prefix(6)
        // Names of units are case-insensitive (RFC 9110 §14.1).
        guard unit.count == 6, unit.last == UInt8(ascii: "="),
            unit.dropLast().map({ $0 | 0x20 }).elementsEqual("bytes".utf8)
        else { return nil }
        var specifiers: [Specifier] = []
        // Empty elements of a list are left out (§5.6.1.2), but not endlessly many.
        let most = 4 * max(1, limit)
        let elements = field[unit.endIndex...].split(
            separator: UInt8(ascii: ","), maxSplits: most, omittingEmptySubsequences: false)
        guard elements.count <= most else { return nil }
        for element in elements {
            let text = element.trimmingOptionalWhitespace
            if text.isEmpty { continue }
            guard specifiers.count < limit, let specifier = specifier(text) else { return nil }
            specifiers.append(specifier)
        }
        return specifiers.isEmpty ? nil : specifiers
    }

    private static func specifier(_ text: ArraySlice<UInt8>) -> Specifier? {
        guard let dash = text.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let (before, after) = (text[..<dash], text[(dash + 1)...])
        if before.isEmpty { return number(after).map { .last($0) } }
        guard let first = number(before) else { return nil }
        if after.isEmpty { return .from(first, through: nil) }
        guard let last = number(after), first <= last else { return nil }
        return .from(first, through: last)
    }

    /// A number of any length; one that is too large for `Int` is larger than any file.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit) else { return nil }
        var number = 0
        for digit in digits {
            let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit & 0x0F))
            if overflow || carry { return .max }
            number = sum
        }
        return number
    }

    /// Makes one of ranges that overlap or touch.
    private static func joined(_ parts: [Range<Int>]) -> [Range<Int>] {
        guard parts.count > 1 else { return parts }
        var joined: [(range: Range<Int>, place: Int)] = []
        for (place, part) in parts.enumerated().sorted(by: { $0.element.lowerBound < $1.element.lowerBound }) {
            if let last = joined.last, part.lowerBound <= last.range.upperBound {
                let end = max(part.upperBound, last.range.upperBound)
                joined[joined.count - 1] = (last.range.lowerBound..<end, min(place, last.place))
            } else {
                joined.append((part, place))
            }
        }
        return joined.sorted { $0.place < $1.place }.map(\.range)
    }
}
