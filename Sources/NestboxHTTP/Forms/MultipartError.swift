import HTTPTypes

/// A rule of multipart forms that a body breaks, with the number of the part, from 1.
package enum MultipartError: Error, Hashable {
    case noBoundary
    case invalidBoundary
    case repeatedBoundary
    case boundaryNotFound
    case noParts
    case paddingTooLong
    case endsInHeader(part: Int)
    case endsInPart(part: Int)
    case headerTooLarge(part: Int, limit: Int)
    case malformedHeader(part: Int)
    case unterminatedQuote(part: Int)
    case repeatedField(part: Int, String)
    case noDisposition(part: Int)
    case noFormData(part: Int)
    case noName(part: Int)
    case repeatedParameter(part: Int, String)
    case malformedFilename(part: Int)
}

extension MultipartError: CustomStringConvertible {
    /// What is wrong, for the client.
    package var description: String {
        switch self {
        case .noBoundary: "Content-Type names no boundary."
        case .invalidBoundary: "The boundary in Content-Type is not one to 70 of the characters that RFC 2046 allows."
        case .repeatedBoundary: "Content-Type names two boundaries."
        case .boundaryNotFound: "The form ends before a line with its boundary."
        case .noParts: "The form has text before its last boundary, and no part."
        case .paddingTooLong: "A line with the boundary is too long."
        case .endsInHeader(let part): "The form ends in the header of part \(part)."
        case .endsInPart(let part): "The form ends in part \(part), without a line with the boundary and two hyphens."
        case .headerTooLarge(let part, let limit): "The header of part \(part) is larger than \(limit) bytes."
        case .malformedHeader(let part): "The header of part \(part) is malformed."
        case .unterminatedQuote(let part): "A quotation mark in the header of part \(part) has no counterpart."
        case .repeatedField(let part, let name): "Part \(part) has two header fields \(name)."
        case .noDisposition(let part): "Part \(part) has no Content-Disposition."
        case .noFormData(let part): "The Content-Disposition of part \(part) is not form-data."
        case .noName(let part): "Part \(part) has no name."
        case .repeatedParameter(let part, let name): "The Content-Disposition of part \(part) has two of \(name)."
        case .malformedFilename(let part): "The filename* of part \(part) is malformed."
        }
    }
}

extension MultipartError: HTTPErrorConvertible {
    package var httpError: HTTPError {
        switch self {
        case .headerTooLarge: HTTPError(.contentTooLarge, description)
        default: HTTPError(.badRequest, description)
        }
    }
}
