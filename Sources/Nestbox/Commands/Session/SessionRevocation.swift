import NestboxSessions

/// `session revoke`: ends sessions from outside.
enum SessionRevocation {
    static func run(_ context: CommandContext) async throws -> CommandStatus {
        let (key, user) = (context.arguments.first, context.option("user"))
        guard (key == nil) != (user == nil), key?.isEmpty != true else {
            throw StartError(
                "session revoke needs either a key, which `session list` shows, or --user NAME", isUsage: true)
        }
        let store = try context.openSessionStore()
        guard let listing = store as? any ListingSessionStore else { throw StartError(SessionList.refusal(store)) }
        if let user {
            let count = try await listing.revokeAll(user: user, except: nil)
            context.output.line("\(count) \(count == 1 ? "session" : "sessions") of \(user.printable) ended")
            return context.status(with: store)
        }
        guard let key, try await listing.revoke(key: key) else {
            context.output.note("\(context.program): no session has the key \(key?.printable ?? "")")
            return context.status(with: store, .problem)
        }
        context.output.line("1 session ended")
        return context.status(with: store)
    }
}
