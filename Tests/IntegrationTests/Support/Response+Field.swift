import HTTPTypes
import NestboxTesting

extension HTTPConnection.Response {
    /// The value of a header field, several joined with commas.
    func field(_ name: String) -> String? { HTTPField.Name(name).flatMap { headerFields[$0] } }
}
