import FoundationEssentials

/// What a visitor wants to write in the book, as it comes from the form.
struct Draft: Decodable {
    var name = ""
    var message = ""

    static let longestName = 80
    static let longestMessage = 2000

    init() {}

    private enum CodingKeys: CodingKey {
        case name, message
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name).trimmed
        // Forms send CRLF (HTML §4.10.21.8), which would count twice.
        message = try container.decode(String.self, forKey: .message).replacing("\r\n", with: "\n").trimmed
    }

    /// What has to be mended, by the name of the field.
    var problems: [String: String] {
        var problems: [String: String] = [:]
        if name.isEmpty { problems["name"] = "Who are you?" }
        if name.count > Self.longestName { problems["name"] = "A name has at most \(Self.longestName) characters." }
        if message.isEmpty { problems["message"] = "Please write something." }
        if message.count > Self.longestMessage {
            problems["message"] =
                "A message has at most \(Self.longestMessage) characters; this one has \(message.count)."
        }
        return problems
    }

    func entry(writtenAt date: Date) -> Entry { Entry(name: name, message: message, writtenAt: date) }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }
}
