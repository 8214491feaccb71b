import Nestbox

extension Router {
    /// Adds the files of a directory, if there is one.
    mutating func addFiles(of directory: String?) {
        guard let directory else { return }
        let root = FileRoot(directory)
        get("/static/{path...}") { request in
            try await Response.file(request.parameters.require("path"), in: root, for: request)
        }
    }
}
