extension CGIVariables {
    /// Who speaks to the web server; nginx says `unix:` for a client on a unix socket.
    var peer: String? {
        self[nonEmpty: "REMOTE_ADDR"].flatMap { $0 == "unix:" ? nil : $0 }
    }

    /// What the nearest proxy added to a list.
    func forwarded(_ name: String) -> String? {
        guard let value = self[nonEmpty: name]?[...].lastListElement, !value.isEmpty else { return nil }
        return String(value)
    }
}
