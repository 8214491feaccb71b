import Testing

@testable import NestboxSessions

@Suite("changes of a session")
struct SessionChangesTests {
    /// What one request does while another one has changed the session.
    struct Merge: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var loaded: [String: SessionValue]
        var fresh: [String: SessionValue]
        var change: @Sendable (inout SessionChanges) -> Void
        var merged: [String: SessionValue]
        var conflicts: [String] = []
    }

    static let merges: [Merge] = [
        Merge(
            testDescription: "different keys are both kept", loaded: [:], fresh: ["b": 2],
            change: { $0.set("a", to: 1) }, merged: ["a": 1, "b": 2]),
        Merge(
            testDescription: "of one key the later writer wins", loaded: ["a": 0], fresh: ["a": 1],
            change: { $0.set("a", to: 2) }, merged: ["a": 2], conflicts: ["a"]),
        Merge(
            testDescription: "a removal wins over a change", loaded: ["a": 0, "b": 0], fresh: ["a": 1, "b": 0],
            change: { $0.set("a", to: nil) }, merged: ["b": 0], conflicts: ["a"]),
        Merge(
            testDescription: "a change wins over a removal", loaded: ["a": 0], fresh: [:],
            change: { $0.set("a", to: 1) }, merged: ["a": 1], conflicts: ["a"]),
        Merge(
            testDescription: "clearing removes what others wrote", loaded: ["a": 0], fresh: ["a": 1, "b": 2],
            change: { $0.clear() }, merged: [:]),
        Merge(
            testDescription: "what is set after clearing stays", loaded: ["a": 0], fresh: ["a": 0, "b": 2],
            change: {
                $0.set("a", to: 1)
                $0.clear()
                $0.set("c", to: 3)
            }, merged: ["c": 3]),
        Merge(
            testDescription: "an operation after clearing begins anew", loaded: ["n": 5], fresh: ["n": 9],
            change: {
                $0.clear()
                $0.apply(.increment(1), to: "n")
            }, merged: ["n": 1]),
        Merge(
            testDescription: "increments add up", loaded: ["n": 5], fresh: ["n": 9],
            change: {
                $0.apply(.increment(1), to: "n")
                $0.apply(.increment(-3), to: "n")
            }, merged: ["n": 7]),
        Merge(
            testDescription: "an increment of what was removed begins at nothing", loaded: ["n": 5], fresh: [:],
            change: { $0.apply(.increment(2), to: "n") }, merged: ["n": 2]),
        Merge(
            testDescription: "an increment of what is no number begins at nothing", loaded: ["n": 5], fresh: ["n": "x"],
            change: { $0.apply(.increment(2), to: "n") }, merged: ["n": 2]),
        Merge(
            testDescription: "a sum of more than 64 bits stays at the limit", loaded: [:], fresh: ["n": .int(.max)],
            change: { $0.apply(.increment(1), to: "n") }, merged: ["n": .int(.max)]),
        Merge(
            testDescription: "a sum of less than 64 bits stays at the limit", loaded: [:], fresh: ["n": .int(.min)],
            change: { $0.apply(.increment(-1), to: "n") }, merged: ["n": .int(.min)]),
        Merge(
            testDescription: "an operation after a set is part of the set", loaded: ["n": 5], fresh: ["n": 9],
            change: {
                $0.set("n", to: 100)
                $0.apply(.increment(1), to: "n")
            }, merged: ["n": 101], conflicts: ["n"]),
        Merge(
            testDescription: "an operation after a removal begins at nothing", loaded: ["n": 5], fresh: ["n": 9],
            change: {
                $0.set("n", to: nil)
                $0.apply(.increment(1), to: "n")
            }, merged: ["n": 1], conflicts: ["n"]),
        Merge(
            testDescription: "a set after operations replaces them", loaded: ["n": 5], fresh: ["n": 5],
            change: {
                $0.apply(.increment(1), to: "n")
                $0.set("n", to: 0)
            }, merged: ["n": 0]),
        Merge(
            testDescription: "lists grow on both sides", loaded: ["l": [1]], fresh: ["l": [1, 2]],
            change: { $0.apply(.append(3), to: "l") }, merged: ["l": [1, 2, 3]]),
        Merge(
            testDescription: "elements are removed wherever they are", loaded: ["l": [1, 2]],
            fresh: ["l": [2, 1, 2, 3]],
            change: { $0.apply(.removeElements(2), to: "l") }, merged: ["l": [1, 3]]),
        Merge(
            testDescription: "appending to what is no list makes one", loaded: [:], fresh: ["l": "x"],
            change: { $0.apply(.append(1), to: "l") }, merged: ["l": [1]]),
    ]

    @Test("changes are merged with those of others", arguments: merges)
    func merge(_ merge: Merge) {
        let loaded = SessionRecord(values: merge.loaded, createdAt: 0)
        var fresh = SessionRecord(values: merge.fresh, createdAt: 0)
        fresh.version += 1
        var changes = SessionChanges()
        merge.change(&changes)
        let effective = changes.effective(on: loaded, counting: false)
        #expect(effective.conflicts(between: loaded, and: fresh) == merge.conflicts)
        effective.apply(to: &fresh)
        #expect(fresh.values == merge.merged)
    }

    @Test("without another writer nothing is a conflict")
    func noConflict() {
        let record = SessionRecord(values: ["a": 0], createdAt: 0)
        var changes = SessionChanges()
        changes.set("a", to: 1)
        #expect(changes.conflicts(between: record, and: record).isEmpty)
    }

    @Test("what makes no difference is no change, unless equal values are to count")
    func effective() {
        var loaded = SessionRecord(values: ["a": 1, "l": [1]], createdAt: 0)
        loaded.user = "ada"
        loaded.isRemembered = true
        var changes = SessionChanges()
        #expect(changes.isEmpty)
        changes.set("a", to: 1)
        changes.set("b", to: nil)
        changes.apply(.increment(0), to: "zero")
        changes.apply(.removeElements(2), to: "l")
        changes.user = "ada"
        changes.isRemembered = true
        #expect(changes.effective(on: loaded, counting: false).keys.keys.sorted() == ["zero"])
        #expect(changes.effective(on: loaded, counting: true).keys.keys.sorted() == ["a", "zero"])
        #expect(!changes.effective(on: loaded, counting: false).isRemembered)
        var same = SessionChanges()
        same.clear()
        same.set("a", to: 1)
        same.set("l", to: [1])
        #expect(same.effective(on: loaded, counting: false).isEmpty)
        var other = SessionChanges()
        other.clear()
        other.set("a", to: 1)
        #expect(other.effective(on: loaded, counting: false).isCleared)
    }

    // MARK: Messages

    private func record(_ texts: String...) -> SessionRecord {
        var record = SessionRecord(createdAt: 0)
        record.flashes = texts.map { SessionFlash("info", .string($0)) } + [SessionFlash("other", "stays")]
        return record
    }

    private func texts(_ record: SessionRecord) -> [SessionValue] { record.flashes.map(\.value) }

    @Test("messages that were read go, and those that came since stay")
    func readFlashes() {
        var changes = SessionChanges()
        changes.takeFlashes("info", known: record("a", "b").flashes.filter { $0.category == "info" })
        var fresh = record("a", "b", "c")
        changes.apply(to: &fresh)
        #expect(texts(fresh) == ["c", "stays"])
    }

    @Test("a message that nobody has read stays when two requests have read those before it")
    func readTwice() {
        let known = record("a", "b").flashes.filter { $0.category == "info" }
        var changes = SessionChanges()
        changes.takeFlashes("info", known: known)
        // The other request has taken both, and a third one has left another.
        var fresh = record("c")
        changes.apply(to: &fresh)
        #expect(texts(fresh) == ["c", "stays"])
    }

    @Test("of equal messages as many go as were read")
    func equalFlashes() {
        var changes = SessionChanges()
        changes.takeFlashes("info", known: [SessionFlash("info", "a")])
        var fresh = record("a", "a")
        changes.apply(to: &fresh)
        #expect(texts(fresh) == ["a", "stays"])
    }

    @Test("messages that were kept stay, and new ones come after them")
    func keptFlashes() {
        var changes = SessionChanges()
        changes.takeFlashes("info", known: record("a").flashes.filter { $0.category == "info" })
        changes.keepFlashes()
        changes.add(SessionFlash("info", "b"))
        var fresh = record("a")
        changes.apply(to: &fresh)
        #expect(texts(fresh) == ["a", "stays", "b"])
    }
}
