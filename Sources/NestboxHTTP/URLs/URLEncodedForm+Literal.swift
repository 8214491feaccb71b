extension URLEncodedForm: ExpressibleByDictionaryLiteral {
    /// Makes a form of the pairs of a literal, in their order: `["page": 2, "tag": "a", "tag": "b"]`.
    public init(dictionaryLiteral elements: (String, any LosslessStringConvertible)...) {
        self.init(elements.map { Field(name: $0, value: $1.description) })
    }
}
