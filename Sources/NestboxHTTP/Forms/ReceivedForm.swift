import HTTPTypes

/// A form with how much of everything came, so that its limits hold for all who ask for it, whoever read it first.
struct ReceivedForm: Sendable {
    let form: Form
    /// The bytes of the body.
    var size: Int
    /// The text fields.
    var fields: Int
    /// The bytes of the text fields with their names.
    var fieldsSize: Int
    /// The files, with those that were not chosen.
    var files = 0
    /// The bytes of the largest header of a part, and which part it was.
    var largestHeader = (size: 0, part: 0)

    /// The form, for one who takes no more than this of it.
    func form(within limits: FormLimits, of body: RequestBody) throws(HTTPError) -> Form {
        let largest = min(limits.size, body.limit)
        guard size <= largest else { throw RequestBody.tooLarge(largest) }
        guard fields <= limits.fields else { throw FormLimits.exceeded("text fields", limits.fields) }
        guard fieldsSize <= limits.fieldsSize else { throw FormLimits.exceeded("bytes of text", limits.fieldsSize) }
        guard files <= limits.files else { throw FormLimits.exceeded("files", limits.files) }
        guard largestHeader.size <= limits.headerSize else {
            throw MultipartError.headerTooLarge(part: largestHeader.part, limit: limits.headerSize).httpError
        }
        if let file = form.first(where: { ($0.file?.size ?? 0) > limits.fileSize }) {
            throw FormLimits.exceeded(file: file.name, limits.fileSize)
        }
        return form
    }
}
