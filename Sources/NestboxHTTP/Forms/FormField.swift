/// A name of a form with its value: text, or a file.
public struct FormField: Sendable, CustomStringConvertible {
    /// What a field holds.
    public enum Value: Sendable {
        /// Text, decoded. Ill-formed UTF-8 has become U+FFFD.
        case text(String)
        /// An uploaded file.
        case file(UploadedFile)
    }

    /// The name, decoded.
    public var name: String
    /// The value.
    public var value: Value

    /// Makes a field of decoded text.
    public init(name: String, text: String) {
        self.name = name
        value = .text(text)
    }

    /// Makes a field of a file.
    public init(_ file: UploadedFile) {
        name = file.name
        value = .file(file)
    }

    /// The text, or `nil` when it is a file.
    public var text: String? {
        if case .text(let text) = value { text } else { nil }
    }

    /// The file, or `nil` when it is text.
    public var file: UploadedFile? {
        if case .file(let file) = value { file } else { nil }
    }

    /// The name only: values may be secret.
    public var description: String { "\(name)=…" }

    func isNamed(_ other: String) -> Bool { name.utf8.elementsEqual(other.utf8) }
}
