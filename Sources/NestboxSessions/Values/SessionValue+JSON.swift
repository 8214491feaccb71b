extension SessionValue {
    /// Reads JSON that may be any value, or returns `nil` for what is not strictly JSON.
    package init?(json bytes: [UInt8], maxDepth: Int = JSONSessionSerializer.maxDepth) {
        var reader = JSONReader(bytes: bytes)
        guard let value = try? reader.document(maxDepth: maxDepth) else { return nil }
        self = value
    }

    /// Appends the value as compact JSON.
    ///
    /// When it throws, `bytes` holds a part of the value.
    package func appendJSON(
        to bytes: inout [UInt8], maxDepth: Int = JSONSessionSerializer.maxDepth
    ) throws(SessionStoreError) {
        do {
            try JSONWriter.append(self, to: &bytes, maxDepth: maxDepth)
        } catch {
            throw SessionStoreError(.invalidValue, error.description(maxDepth: maxDepth))
        }
    }
}
