import Synchronization

// Messages for the next page: they survive redirects, and are gone when they were read.

extension Session {
    /// Leaves a message for the next page that asks for this category.
    public func flash(_ category: String, _ value: SessionValue) throws(SessionError) {
        try changing { state in
            let flash = SessionFlash(category, value)
            state.current.flashes.append(flash)
            state.changes.add(flash)
        }
    }

    /// Takes the messages of a category, oldest first: they are removed when the response goes out.
    public func flashes(_ category: String) throws(SessionError) -> [SessionValue] {
        try changing { state in
            let values = state.current.flashes.filter { $0.category == category }.map(\.value)
            guard !values.isEmpty else { return [] }
            state.current.flashes.removeAll { $0.category == category }
            let known = state.stored?.record.flashes.filter { $0.category == category } ?? []
            state.changes.takeFlashes(category, known: known)
            return values
        }
    }

    /// All messages, oldest first, which stay.
    public var allFlashes: [SessionFlash] { state.withLock { $0.current.flashes } }

    /// Keeps the messages that this request has read for the next page, too.
    public func keepFlashes() throws(SessionError) {
        try changing { state in
            state.changes.keepFlashes()
            state.current.flashes = (state.stored?.record.flashes ?? []) + state.changes.addedFlashes
        }
    }
}
