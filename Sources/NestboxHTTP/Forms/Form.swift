/// The fields of a form that was sent, in order: text and files, of either kind of form.
///
/// ```swift
/// let form = try await request.form()
/// form["name"]                  // "Ada"
/// form.values(for: "tag")       // ["a", "b"]
/// form.file("photo")?.filename  // "gull.jpg"
/// ```
///
/// Names may occur several times, and may be empty. Lookups compare names byte by byte. A file input in which the user
/// chose nothing is no field. Printing a form shows its names, never its values.
public struct Form: Sendable {
    private var fields: [FormField]

    /// Makes a form of these fields.
    public init(_ fields: some Sequence<FormField> = []) {
        self.fields = Array(fields)
    }

    /// Makes a form of the fields of a query or of a URL-encoded body.
    public init(_ form: URLEncodedForm) {
        fields = form.map { FormField(name: $0.name, text: $0.value) }
    }

    /// The text of the first text field of this name, or `nil` if there is none.
    public subscript(name: String) -> String? {
        for field in fields where field.isNamed(name) {
            if let text = field.text { return text }
        }
        return nil
    }

    /// The texts of all text fields of this name, in order.
    public func values(for name: String) -> [String] {
        fields.compactMap { $0.isNamed(name) ? $0.text : nil }
    }

    /// The first file of this name, or `nil` if there is none.
    public func file(_ name: String) -> UploadedFile? {
        for field in fields where field.isNamed(name) {
            if let file = field.file { return file }
        }
        return nil
    }

    /// All files of this name, in order.
    public func files(for name: String) -> [UploadedFile] {
        fields.compactMap { $0.isNamed(name) ? $0.file : nil }
    }

    /// All files, in order.
    public var files: [UploadedFile] { fields.compactMap(\.file) }

    /// Whether there is a field of this name, with whatever value.
    public func contains(_ name: String) -> Bool {
        fields.contains { $0.isNamed(name) }
    }
}

extension Form: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { fields.startIndex }
    /// The number of fields.
    public var endIndex: Int { fields.endIndex }
    /// The field at a position, which must be one of ``indices``.
    public subscript(position: Int) -> FormField { fields[position] }
}

extension Form: CustomStringConvertible {
    /// The names of the fields: values may be secret.
    public var description: String { "Form(\(fields.map(\.name).joined(separator: ", ")))" }
}
