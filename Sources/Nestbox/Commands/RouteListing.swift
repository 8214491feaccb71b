/// `routes`: shows which handler stands where.
enum RouteListing {
    static func run(_ context: CommandContext) async throws -> CommandStatus {
        let middleware = context.application.middlewareNames
        if !middleware.isEmpty { context.output.line("Every request passes \(middleware.joined(separator: ", ")).\n") }
        guard let table = context.application.routeTable else {
            context.output.note("No routes: one responder answers everything.")
            return .success
        }
        guard !table.rows.isEmpty else {
            context.output.note("No routes: every path is answered with 404.")
            return .success
        }
        // The last line ends with the output's own end of line.
        context.output.line(String(table.text.dropLast()))
        return .success
    }
}
