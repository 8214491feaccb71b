extension FileSessionStore {
    /// Makes, changes or removes the file of a given name, as one step.
    /// - Parameter body: Called again when another process has made the file meanwhile.
    func change<Result>(
        _ name: String, _ body: (inout SessionRecord?) -> Result
    ) throws(SessionStoreError) -> Result {
        for _ in 0..<100 {
            if let file = try readLocked(name) {
                defer { extendLifetime(file) }
                return try change(file, name, body)
            }
            var new: SessionRecord?
            let result = body(&new)
            guard let new else { return result }
            let content = try encode(.session(new))
            if let user = new.user { try addMark(name, of: user) }
            if try place(content, modified: new.usedAt, as: name, replacing: false) { return result }
        }
        throw SessionStoreError(
            .unavailable,
            "\(directory.full(SessionDirectory.sessionPath(name))) comes and goes faster than it can be changed")
    }

    private func change<Result>(
        _ file: borrowing SessionFile, _ name: String, _ body: (inout SessionRecord?) -> Result
    ) throws(SessionStoreError) -> Result {
        var new: SessionRecord?
        if case .session(let record) = file.content { new = record }
        let old = new
        let result = body(&new)
        guard new != old else { return result }
        if let new {
            let content = try encode(.session(new))
            if let user = new.user, user != old?.user { try addMark(name, of: user) }
            try write(content, modified: new.usedAt, over: file, name)
        } else {
            try directory.remove(SessionDirectory.sessionPath(name))
        }
        if let user = old?.user, user != new?.user { try removeMark(name, of: user) }
        return result
    }
}
