import Glibc

/// Waits until a condition holds that nothing announces, and says whether it does; looks every few milliseconds.
func eventually(within timeout: Duration = .seconds(10), _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + timeout
    while true {
        if try condition() { return true }
        if ContinuousClock.now > deadline { return false }
        _ = poll(nil, 0, 3)
    }
}
