import Glibc

extension Browser {
    /// Opens a page and waits until it has loaded.
    func open(_ url: String) throws { try call("POST", "/url", ["url": .string(url)]) }

    /// Loads the page again.
    ///
    /// A page that answered a form is sent again without a question.
    func refresh() throws { try call("POST", "/refresh") }

    func back() throws { try call("POST", "/back") }

    var url: String { get throws { try call("GET", "/url").string ?? "" } }

    /// What follows the host in the address, with the query.
    var path: String { get throws { try run("return location.pathname + location.search").string ?? "" } }

    var title: String { get throws { try call("GET", "/title").string ?? "" } }

    /// The page as the browser understood it.
    var source: String { get throws { try call("GET", "/source").string ?? "" } }

    /// Does what leads to a new page (or the same one again), and waits until it has loaded.
    ///
    /// A click returns when the browser has only begun to go elsewhere; the next order would still see the old page.
    func load(_ action: () throws -> Void) throws {
        try run("window.nestboxOldPage = true")
        try action()
        try wait(until: "a new page has loaded") {
            try run("return !window.nestboxOldPage && document.readyState === 'complete'") == true
        }
    }

    /// Clicks what leads to a new page, and waits until it has loaded.
    func follow(_ css: String) throws { try load { try click(css) } }

    /// Sends a form as its first button would, and waits until the answer has loaded.
    func submit(_ css: String = "form") throws {
        try load {
            try withElement(css) { element in
                _ = try run("arguments[0].requestSubmit()", ["\(Self.elementKey)": .string(element)])
            }
        }
    }
}

extension Browser {
    /// Waits until `condition` holds.
    ///
    /// While a page changes its errors count as "not yet".
    /// - Throws: ``WebDriverError`` with the page that is there instead.
    func wait(
        until what: String, within patience: Duration = Browser.patience, _ condition: () throws -> Bool
    ) throws {
        try attempt(what, within: patience) { try condition() ? () : nil }
    }

    /// Waits for an element.
    func wait(for css: String) throws { try withElement(css) { _ in } }

    /// Tries until there is a result, and as long as the page is only not ready.
    func attempt<Result>(
        _ what: String, within patience: Duration = Browser.patience, _ action: () throws -> Result?
    ) throws -> Result {
        let deadline = ContinuousClock.now + patience
        while true {
            var reason = ""
            do {
                if let result = try action() { return result }
            } catch let error as WebDriverError where error.isPassing {
                reason = "\(error)\n"
            }
            if ContinuousClock.now > deadline {
                let page = "\((try? url) ?? "no page")\n\((try? source) ?? "")"
                throw WebDriverError(code: "timeout", message: "\(reason)\(page)", order: "waiting until \(what)")
            }
            _ = poll(nil, 0, 50)
        }
    }
}

extension WebDriverError {
    /// Whether it is the state of a page that has not got there yet.
    var isPassing: Bool {
        [
            "no such element", "stale element reference", "element not interactable", "element click intercepted",
            "javascript error", "no such execution context",
        ].contains(code)
    }
}
