extension TestResponse {
    /// The value of the first hidden field of this name in a page, such as `_csrf`; `nil` without one.
    ///
    /// It finds what `request.csrfField` wrote: name before value, both in double quotes. Nothing is unescaped.
    public func hiddenField(_ name: String) -> String? {
        let text = text
        guard let start = text.firstRange(of: #"<input type="hidden" name="\#(name)" value=""#)?.upperBound else {
            return nil
        }
        return String(text[start...].prefix { $0 != "\"" })
    }
}
