extension ConfigurationOption {
    /// The options of forms.
    static let forms: [ConfigurationOption] = [
        .init("forms.fields", "Text fields of a form. Default: 1000."),
        .init("forms.files", "Files of a form. Default: 100."),
        .init("forms.headerSize", "Bytes of the header of a part, with its name and filename. Default: 8192."),
        .init("forms.fieldsSize", "Bytes of all text fields of a form. Default: 2097152."),
        .init("forms.fileSize", "Bytes of one file. Default: limits.body."),
        .init("forms.size", "Bytes of a form, limits.body at most. Default: limits.body."),
        .init("forms.memory", "Bytes of a form's files that are kept in memory, not in a file. Default: 262144."),
        .init("forms.directory", "Where temporary files of uploads are. Default: TMPDIR, else /var/tmp."),
    ]
}
