import Nestbox

@main
struct Upload {
    static func main() throws {
        let configuration = try ApplicationConfiguration(options: [
            .init("upload.folder", "Where the files are kept. Default: Uploads, beside the program.")
        ])
        let folder = try Folder(configuration.path("upload.folder", default: "Uploads"))
        // What is above a limit is answered with 413. A file is received where it will stay, so that it need not be copied.
        let limits = FormLimits(files: 10, fileSize: Folder.largestFile, directory: folder.path)
        var router = Router()

        router.get("/") { _ in try Pages.files(folder) }

        router.post("/") { request in
            do {
                try await folder.keep(try await request.form(limits: limits).files(for: "files"))
            } catch let error as HTTPError where error.status.code < 500 || error.status.code == 507 {
                return try Pages.files(folder, error: error)
            }
            // So that loading the page again does not send the files again. It is relative: it works below a mount point.
            return try Response.redirect(to: "./")
        }

        router.get("/files/{name}") { request in
            let name = try request.parameters.require("name")
            // Saved and never shown: a page or a picture that someone uploaded could run scripts as ours.
            return try await Response.file(name, in: folder.root, for: request, asAttachment: name)
        }

        router.get("/upload.css") { _ in Pages.style }
        router.get("/upload.js") { _ in Pages.script }

        try Application(router: router).run(configuration)
    }
}
