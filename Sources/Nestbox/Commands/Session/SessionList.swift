import Glibc
import NestboxSessions

/// `session list`: who has a session, since when, and until when.
enum SessionList {
    static func run(_ context: CommandContext) async throws -> CommandStatus {
        var limit = 100
        if let text = context.option("limit") {
            guard let number = Int(text), (1...1_000_000).contains(number) else {
                throw StartError("--limit=\(text): the value must be a number from 1 to 1000000", isUsage: true)
            }
            limit = number
        }
        let store = try context.openSessionStore()
        guard let listing = store as? any ListingSessionStore else { throw StartError(refusal(store)) }
        // One more than is shown, to know whether there are more.
        let found = try await listing.list(user: context.option("user"), limit: limit + 1)
        let rows = found.prefix(limit).sorted { ($0.usedAt, $0.key) > ($1.usedAt, $1.key) }.map { session in
            [
                session.key.printable, time(session.createdAt), time(session.usedAt),
                session.expiresAt.map(time) ?? "never", session.user?.printable ?? "-",
            ]
        }
        let width = rows.map { $0.first?.count ?? 0 }.max() ?? 0
        let head = ["KEY", "CREATED (UTC)", "USED (UTC)", "EXPIRES (UTC)", "USER"]
        for row in rows.isEmpty ? [] : [head] + rows {
            let cells = row.enumerated().map { index, cell in
                let room = index == 0 ? width : index == row.count - 1 ? 0 : 20
                return cell + String(repeating: " ", count: max(0, room - cell.count))
            }
            context.output.line(cells.joined(separator: "  "))
        }
        if rows.isEmpty { context.output.note("There are no sessions.") }
        if found.count > limit { context.output.note("There are more than these \(limit): --limit shows more.") }
        return context.status(with: store)
    }

    static func refusal(_ store: any SessionStore) -> String {
        let remedy = "Choose session.store=file, or have logouts of cookies noted with session.revocation"
        return "the store \(type(of: store)) keeps no list of sessions. \(remedy)"
    }

    /// A time as ISO 8601 has it.
    static func time(_ seconds: Int64) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "\(seconds)" }
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
