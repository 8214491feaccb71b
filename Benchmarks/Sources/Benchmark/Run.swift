/// One run of the load generator against one application.
struct Run {
    let load: LoadFigures
    /// The application's processor time for a request.
    let processorMicroseconds: Double
    let memoryKiB: Int

    /// - Parameter name: what is measured, for the complaint when an answer was wrong
    init(_ name: String, of application: Application, load: () throws -> (LoadFigures?, Int32)) throws {
        let tree = processTree(of: application.child.process)
        let before = processorNanoseconds(of: tree)
        let (figures, status) = try load()
        let after = processorNanoseconds(of: tree)
        guard let figures, status == 0, figures.requests > 0 else {
            let errors = figures.map { "\($0.errors) wrong or missing answers" } ?? "the load generator failed"
            throw Failure("\(name): \(errors)\(application.lastWords)")
        }
        self.load = figures
        processorMicroseconds = Double(after - before) / 1000 / Double(figures.requests)
        memoryKiB = residentKiB(of: tree)
    }
}
