/// Where the fields of a form are, by name: a type may ask for as many names as a form has.
struct FormIndex {
    private let form: Form
    /// The first field of each name.
    private var first: [Name: Int]
    /// For each field the next one of its name.
    private var next: [Int?]

    init(_ form: Form) {
        self.form = form
        first = Dictionary(minimumCapacity: form.count)
        next = Array(repeating: nil, count: form.count)
        for index in form.indices.reversed() {
            next[index] = first.updateValue(index, forKey: Name(form[index].name))
        }
    }

    /// The names, each once, in the order of their first fields.
    var names: [String] { first.values.sorted().map { form[$0].name } }

    func contains(_ name: String) -> Bool { first[Name(name)] != nil }

    /// The values of all fields of a name, in order.
    func values(for name: String) -> FormValues {
        var values: [FormField.Value] = []
        var index = first[Name(name)]
        while let found = index {
            values.append(form[found].value)
            index = next[found]
        }
        return FormValues(name, values)
    }

    /// A name that equals only the same bytes: strings would equal what looks the same.
    private struct Name: Hashable {
        private let text: String

        init(_ text: String) {
            self.text = text
        }

        static func == (one: Name, other: Name) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }
}
