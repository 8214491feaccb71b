import FoundationEssentials
import GRDB

/// What a visitor has written in the book.
struct Entry: Codable, Equatable, FetchableRecord, PersistableRecord {
    /// Counts up; `nil` until it is in the book.
    var id: Int64?
    var name: String
    var message: String
    var writtenAt: Date
}
