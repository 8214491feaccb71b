import Foundation

extension Encodable {
    /// Writes the value as JSON that people can read, too.
    func writeJSON(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: URL(filePath: file))
    }
}
