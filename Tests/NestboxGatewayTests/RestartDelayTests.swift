import Testing

@testable import NestboxGateway

@Suite("the delay of a restart")
struct RestartDelayTests {
    @Test("is none at first, then doubles from 0.1 s up to 10 s while processes end early")
    func doubling() {
        var delay = RestartDelay()
        let delays = (0..<12).map { _ in delay.next(afterLife: .milliseconds(5)) }
        let expected: [Duration] = [
            .zero, .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600),
            .milliseconds(3200), .milliseconds(6400), .seconds(10), .seconds(10), .seconds(10), .seconds(10),
        ]
        #expect(delays == expected)
    }

    @Test("starts again from none after a process that has lived for 10 s")
    func reset() {
        var delay = RestartDelay()
        for _ in 0..<5 { _ = delay.next(afterLife: .zero) }
        #expect(delay.next(afterLife: .seconds(10)) == .zero)
        #expect(delay.next(afterLife: .milliseconds(9_999)) == .milliseconds(100))
    }
}
