import GRDB

/// The entries of the book, in a SQLite database that several processes may share.
struct Entries: Sendable {
    /// Entries of a page.
    static let pageSize = 10

    private let database: DatabasePool

    /// Opens the database, or makes it.
    init(path: String) throws {
        var configuration = Configuration()
        // Another process may be writing.
        configuration.busyMode = .timeout(5)
        database = try DatabasePool(path: path, configuration: configuration)
        try Self.migrations.migrate(database)
    }

    private static var migrations: DatabaseMigrator {
        var migrations = DatabaseMigrator()
        migrations.registerMigration("entries") { database in
            try database.create(table: "entry") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("name", .text).notNull()
                table.column("message", .text).notNull()
                table.column("writtenAt", .datetime).notNull()
            }
        }
        return migrations
    }

    func add(_ entry: Entry) async throws {
        try await database.write { database in try entry.insert(database) }
    }

    /// The newest entries.
    var first: EntryPage {
        get async throws { try await page(1) ?? EntryPage(entries: [], number: 1, count: 1, total: 0) }
    }

    /// A page of entries, the newest first, or `nil` when the book has no such page.
    ///
    /// The first page is always there.
    func page(_ number: Int) async throws -> EntryPage? {
        try await database.read { database in
            let total = try Entry.fetchCount(database)
            let count = max(1, (total + Self.pageSize - 1) / Self.pageSize)
            guard (1...count).contains(number) else { return nil }
            let entries = try Entry.order(Column("id").desc)
                .limit(Self.pageSize, offset: (number - 1) * Self.pageSize).fetchAll(database)
            return EntryPage(entries: entries, number: number, count: count, total: total)
        }
    }
}

/// Some of the entries.
struct EntryPage {
    var entries: [Entry]
    /// Counted from 1.
    var number: Int
    /// How many pages there are.
    var count: Int
    /// How many entries there are on all pages.
    var total: Int
}
