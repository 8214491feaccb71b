import Synchronization

extension RequestHead {
    /// The form of a body, which `read` reads the first time: a body can be read once, its form asked for often.
    ///
    /// A middleware may replace the body, so that a request can have several. Forms are dropped with the request.
    func form(of body: RequestBody, _ read: () async throws -> ReceivedForm) async throws -> ReceivedForm {
        guard let identity = body.identity else { return try await read() }
        let (reading, isNew) = cachedForms.withLock { readings in
            if let reading = readings.first(where: { $0.isOf(identity) }) { return (reading, false) }
            let reading = FormReading(of: identity)
            readings.append(reading)
            return (reading, true)
        }
        guard isNew else { return try await reading.form }
        do {
            let form = try await read()
            reading.finish(.success(form))
            return form
        } catch {
            reading.finish(.failure(error))
            throw error
        }
    }

    /// Whether the form of a body was read, or is being read.
    func hasForm(of body: RequestBody) -> Bool {
        guard let identity = body.identity else { return false }
        return cachedForms.withLock { $0.contains { $0.isOf(identity) } }
    }
}
