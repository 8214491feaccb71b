extension ConfigurationOption {
    /// The options of what requests may be.
    static let requests: [ConfigurationOption] = [
        .init(
            "allowedHosts",
            "Hosts that requests may be for: example.org, or .example.org with all below it. Default: any."),
        .init("limits.headers", "Header fields of a request. Default: 100."),
        .init("limits.cookies", "Cookies of a request. Default: 200."),
    ]
}
