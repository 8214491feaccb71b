import NestboxSessions

/// `session gc`: sweeps the whole store.
enum SessionCleaning {
    static func run(_ context: CommandContext) async throws -> CommandStatus {
        let store = try context.openSessionStore()
        guard let sweeping = store as? any SweepingSessionStore else {
            throw StartError(
                "there is nothing to sweep: the store \(type(of: store)) keeps nothing that expires. Sessions in "
                    + "cookies end with their cookies")
        }
        let sweep = try await sweeping.sweep(at: context.clock.now)
        context.output.line("\(sweep.examined) sessions and remains looked at, \(sweep.deleted) deleted")
        return context.status(with: store)
    }
}
