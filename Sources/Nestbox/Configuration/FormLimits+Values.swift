import NestboxHTTP

extension FormLimits {
    /// Takes what is configured; the rest stays.
    mutating func set(_ values: ConfigurationValues) throws(StartError) {
        try values.set(&fields, "forms.fields", in: 0...1_000_000)
        try values.set(&files, "forms.files", in: 0...10_000)
        try values.set(&headerSize, "forms.headerSize", in: 256...(1 << 20))
        try values.set(&fieldsSize, "forms.fieldsSize", in: 0...(1 << 30))
        try values.set(&fileSize, "forms.fileSize", in: 0...(1 << 40))
        try values.set(&size, "forms.size", in: 0...(1 << 40))
        try values.set(&memory, "forms.memory", in: 0...(1 << 30))
        if let path = try values.path("forms.directory") { directory = path }
    }
}
