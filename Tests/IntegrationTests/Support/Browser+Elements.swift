extension Browser {
    /// The name that the protocol gives to a reference to an element.
    static let elementKey = "element-6066-11e4-a52e-4f735466cecf"

    /// What can be read in the first element that `css` selects; waits until there is one.
    func text(of css: String) throws -> String {
        try withElement(css) { try call("GET", "/element/\($0)/text").string ?? "" }
    }

    /// The value of a field, or another property.
    func property(_ name: String, of css: String) throws -> JSON {
        try withElement(css) { try call("GET", "/element/\($0)/property/\(name)") }
    }

    /// How many elements `css` selects just now.
    func count(of css: String) throws -> Int {
        try call("POST", "/elements", ["using": "css selector", "value": .string(css)]).array?.count ?? 0
    }

    /// Clicks with the mouse, where a visitor could.
    ///
    /// What leads to a new page is for ``follow(_:)``.
    func click(_ css: String) throws { try withElement(css) { _ = try call("POST", "/element/\($0)/click") } }

    /// Replaces what is in a field by what is typed on the keyboard.
    func type(_ text: String, into css: String) throws {
        try withElement(css) { element in
            try call("POST", "/element/\(element)/clear")
            try call("POST", "/element/\(element)/value", ["text": .string(text)])
        }
    }

    /// Does something with the first element that `css` selects, as soon as there is one that lets it be done.
    func withElement<Result>(_ css: String, _ action: (String) throws -> Result) throws -> Result {
        try attempt("'\(css)' can be used") {
            let found = try call("POST", "/element", ["using": "css selector", "value": .string(css)])
            guard let element = found[Self.elementKey]?.string else { return nil }
            return try action(element)
        }
    }
}
