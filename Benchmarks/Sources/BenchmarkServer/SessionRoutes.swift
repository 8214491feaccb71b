import Nestbox

extension Router {
    /// Adds the pages of the `--sessions` run.
    ///
    /// Placeholders until there are sessions: the driver finds that these counters do not count, and says so.
    mutating func addSessionRoutes(_ configuration: ApplicationConfiguration) throws {
        get("/untouched") { _ in "Hello, World!" }
        get("/count/cookie") { _ in "1" }
        get("/count/file") { _ in "1" }
    }
}
