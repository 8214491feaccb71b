extension Form {
    /// Makes a value of the fields, each property of the field that has its name.
    ///
    /// ```swift
    /// struct Entry: Decodable {
    ///     var name: String
    ///     var age: Int?
    ///     var tags: [String]
    ///     var subscribe: Bool
    ///     var photo: UploadedFile?
    /// }
    /// let entry = try form.decode(Entry.self)
    /// ```
    ///
    /// - A property takes the first field of its name, an array or set all of them. Fields that no property names do not
    ///   matter.
    /// - Numbers are taken as they are, without spaces around them. An empty text is `nil` for an optional number or other
    ///   type that is not a `String`: browsers send inputs that were left empty.
    /// - Browsers do not send check boxes and lists in which nothing is chosen: a `Bool` without a field is `false`, an array
    ///   without one is empty. Optionals tell: they are `nil`. `on`, `true`, `1` and `yes` are `true`; `off`, `false`, `0`,
    ///   `no` and an empty text are `false`.
    /// - A `Decimal` has up to 38 digits and no exponent, a `Date` is a day such as `2026-05-31` at its beginning in UTC, a
    ///   `URL` is whatever `URL(string:)` takes. Other types are decoded as they do it themselves, of one value.
    /// - Properties that are structures of their own have no form; their names would have to be agreed on.
    /// - Throws: ``FieldError``, a 422 that names the field, also for a `DecodingError` of the type's own `init(from:)`.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try FormDecoder(self).decode(type)
    }
}

extension URLEncodedForm {
    /// Makes a value of the fields of a query, by the rules of ``Form/decode(_:)``.
    ///
    ///     let page = try request.query.decode(Page.self)
    ///
    /// - Throws: ``FieldError``, a 422 that names the field.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try Form(self).decode(type)
    }
}
