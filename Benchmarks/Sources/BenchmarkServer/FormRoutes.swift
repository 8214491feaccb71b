import Nestbox

extension Router {
    /// Adds the page of the `--forms` run: how many text fields with how many bytes, and the size of each file.
    mutating func addFormRoutes() {
        post("/form") { request in
            let form = try await request.form()
            var (count, bytes) = (0, 0)
            for case let text? in form.lazy.map(\.text) {
                count += 1
                bytes += text.utf8.count
            }
            return form.files.reduce("\(count) \(bytes)") { "\($0) \($1.size)" }
        }
    }
}
