extension Request {
    /// The id of the last event that a browser got before it connected again (`Last-Event-ID`), or `nil`.
    ///
    /// Browsers send it when they connect again by themselves. It is outside data like any header field.
    public var lastEventID: String? {
        head.variables[nonEmpty: "HTTP_LAST_EVENT_ID"]
    }
}
