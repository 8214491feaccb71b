import Crypto
import Testing

@testable import NestboxSessions

@Suite("the slots of a session's file", .timeLimit(.minutes(1)))
struct SessionSlotsTests {
    private static let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
    private static let name = String(repeating: "a", count: 64)

    private func file(_ content: [UInt8], _ key: SymmetricKey?) -> [UInt8] {
        let slot = SessionSlots.encode(content, generation: 1, size: 1024, name: Self.name, sealingKey: key)
        return slot + [UInt8](repeating: 0, count: 2048 - slot.count)
    }

    @Test("are read with the right seal, and with no other name or key", arguments: [nil, key])
    func right(key: SymmetricKey?) {
        let bytes = file(Array("{}".utf8), key)
        #expect(SessionSlots(bytes, name: Self.name, sealingKey: key).map { Array($0.content) } == Array("{}".utf8))
        #expect(SessionSlots(bytes, name: String(repeating: "b", count: 64), sealingKey: key) == nil)
        #expect(SessionSlots(bytes, name: Self.name, sealingKey: SymmetricKey(data: [UInt8](1...32))) == nil)
    }

    @Test("are not read with a seal that was guessed, whatever its bytes", arguments: [nil, key])
    func guessed(key: SymmetricKey?) {
        var passed = 0
        // Many contents: a check that compares only a few bits lets one of some hundred guesses pass.
        for number in 0..<40 {
            var bytes = file(Array("{\"n\":\(number)}".utf8), key)
            for byte in UInt8.min...UInt8.max {
                for index in 24..<56 { bytes[index] = byte }
                if SessionSlots(bytes, name: Self.name, sealingKey: key) != nil { passed += 1 }
            }
        }
        #expect(passed == 0)
    }

    @Test("are not read when one byte of the seal is wrong", arguments: [nil, key])
    func oneByte(key: SymmetricKey?) {
        for index in 24..<56 {
            for bit in 0..<8 {
                var bytes = file(Array("{}".utf8), key)
                bytes[index] ^= 1 << UInt8(bit)
                #expect(SessionSlots(bytes, name: Self.name, sealingKey: key) == nil, "byte \(index), bit \(bit)")
            }
        }
    }
}
