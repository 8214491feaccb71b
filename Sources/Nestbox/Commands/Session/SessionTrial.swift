import NestboxSessions

/// Begins a session in a store, changes it, reads it and ends it, as a visitor would.
enum SessionTrial {
    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func finding(_ store: any SessionStore, _ clock: SessionClock) async -> Finding {
        do {
            try await run(store, at: clock.now)
            return .ok("trial", "a session was begun, changed, read and ended")
        } catch {
            return .problem("trial", "\(error)")
        }
    }

    private static func run(_ store: any SessionStore, at now: Int64) async throws {
        let record = SessionRecord(
            values: ["doctor": .int(1)], createdAt: now, expiresAt: now.addingReportingOverflow(60).partialValue)
        let created = try await store.create(record)
        do {
            guard let updated = try await store.update(created, { $0.values["doctor"] = .int(2) }) else {
                throw Failure(
                    description: "a session that had just been stored was gone. Is another program cleaning up?")
            }
            let found = try await store.load(updated.token).session
            guard found?.record.values["doctor"] == .int(2) else {
                throw Failure(description: "a session that had just been changed was not read back as it was written")
            }
            try await store.delete(updated)
            // A cookie is valid until it expires; a store forgets.
            if updated.key != nil, try await store.load(updated.token).session != nil {
                throw Failure(description: "a session that had just been deleted was still there")
            }
        } catch {
            try? await store.delete(created)
            throw error
        }
    }
}
