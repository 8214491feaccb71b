/// How much of a form is taken, and where its files are kept meanwhile.
///
/// Whatever is above a limit is answered with 413; nothing is cut off in silence. The defaults are those of the keys
/// `forms.…` of the configuration.
///
///     let form = try await request.form(limits: FormLimits(files: 1, fileSize: 5 << 20))
public struct FormLimits: Sendable, Hashable {
    /// The largest number of text fields; 1,000 by default.
    public var fields: Int
    /// The largest number of files, counting those that the user did not choose; 100 by default.
    public var files: Int
    /// The most bytes in the header of one part of a multipart form, which holds its name and filename; 8 KiB by default.
    public var headerSize: Int
    /// The most bytes in all text fields together with their names, which are kept in memory; 2 MiB by default.
    public var fieldsSize: Int
    /// The most bytes in one file; by default as many as the body may have.
    public var fileSize: Int
    /// The most bytes in the body; by default as many as the application takes (`limits.body`), which bounds it in any case.
    public var size: Int
    /// How many bytes of files a form keeps in memory; 256 KiB by default.
    ///
    /// A file that does not fit in what is left of them goes to a temporary file, unless it has 16 KiB or less: those
    /// are always in memory.
    public var memory: Int
    /// The directory of temporary files; by default ``temporaryDirectory``.
    public var directory: String

    /// Makes limits; what is left out has its default.
    public init(
        fields: Int = 1000, files: Int = 100, headerSize: Int = 8 << 10, fieldsSize: Int = 2 << 20,
        fileSize: Int = .max, size: Int = .max, memory: Int = 256 << 10,
        directory: String = FormLimits.temporaryDirectory
    ) {
        self.fields = fields
        self.files = files
        self.headerSize = headerSize
        self.fieldsSize = fieldsSize
        self.fileSize = fileSize
        self.size = size
        self.memory = memory
        self.directory = directory
    }
}
