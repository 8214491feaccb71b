import NestboxHTTP
import Testing

@Suite("a broadcast", .timeLimit(.minutes(1)))
struct BroadcastTests {
    @Test("gives all who listen the same values in the same order, from when they came")
    func order() async {
        let numbers = Broadcast<Int>(buffer: 1000)
        numbers.send(-1)
        let early = (0..<10).map { _ in numbers.listen() }
        #expect(numbers.listenerCount == 10)
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask { for number in 0..<100 { numbers.send(sender * 1000 + number) } }
            }
        }
        let late = numbers.listen()
        numbers.send(7)
        numbers.finish()
        var received: [[Int]] = []
        for listener in early { received.append(await listener.reduce(into: []) { $0.append($1) }) }
        #expect(received.allSatisfy { $0 == received[0] })
        #expect(received[0].count == 401)
        for sender in 0..<4 {
            let own = received[0].dropLast().filter { $0 / 1000 == sender }
            #expect(own == Array(sender * 1000..<sender * 1000 + 100))
        }
        #expect(await late.reduce(into: []) { $0.append($1) } == [7])
        #expect(numbers.listenerCount == 0)
    }

    @Test("drops the oldest value for a listener that is too slow, and for nobody else")
    func dropOldest() async {
        let numbers = Broadcast<Int>(buffer: 3)
        let slow = numbers.listen()
        var quick = numbers.listen().makeAsyncIterator()
        for number in 0..<10 {
            numbers.send(number)
            #expect(await quick.next() == number)
        }
        numbers.finish()
        #expect(await slow.reduce(into: []) { $0.append($1) } == [7, 8, 9])
    }

    @Test("ends a listener that is too slow after what it has, when nothing may be missed")
    func endListener() async {
        let numbers = Broadcast<Int>(buffer: 3, overflow: .endListener)
        let slow = numbers.listen()
        var quick = numbers.listen().makeAsyncIterator()
        for number in 0..<4 {
            numbers.send(number)
            #expect(await quick.next() == number)
        }
        #expect(numbers.listenerCount == 1)
        #expect(await slow.reduce(into: []) { $0.append($1) } == [0, 1, 2])
        numbers.send(4)
        #expect(await quick.next() == 4)
    }

    @Test("gives a listener whom it ends nothing that comes after what is missing")
    func noGaps() async {
        for _ in 0..<20 {
            let numbers = Broadcast<Int>(buffer: 1, overflow: .endListener)
            // Ending many takes its time, in which some of them make room.
            let listeners = (0..<1000).map { _ in numbers.listen() }
            numbers.send(0)
            let early = numbers.listen()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { numbers.send(1) }
                group.addTask {
                    #expect(await early.first { _ in true } == 1)
                    var some = listeners.prefix(50).map { $0.makeAsyncIterator() }
                    for index in some.indices { #expect(await some[index].next() == 0) }
                    numbers.send(2)
                    numbers.finish()
                    for index in some.indices { #expect(await some[index].next() != 2) }
                }
            }
        }
    }

    @Test("forgets who was cancelled, and who never began to listen")
    func forgets() async {
        let numbers = Broadcast<Int>()
        _ = numbers.listen()
        #expect(numbers.listenerCount == 0)
        let stream = numbers.listen()
        let task = Task { for await _ in stream {} }
        task.cancel()
        await task.value
        #expect(numbers.listenerCount == 0)
    }

    @Test("that is over, or gone, ends all listening")
    func ends() async {
        let numbers = Broadcast<Int>(buffer: 0)
        let before = numbers.listen()
        numbers.send(1)
        numbers.send(2)
        numbers.finish()
        numbers.send(3)
        // A buffer holds one value at least.
        #expect(await before.reduce(into: []) { $0.append($1) } == [2])
        #expect(await numbers.listen().reduce(into: []) { $0.append($1) } == [])
        var gone: Broadcast<Int>? = Broadcast()
        let last = gone?.listen()
        gone = nil
        #expect(await last?.reduce(into: []) { $0.append($1) } == [])
    }
}
