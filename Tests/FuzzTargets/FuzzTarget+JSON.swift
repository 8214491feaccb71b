import NestboxSessions

extension FuzzTarget {
    /// The JSON of sessions.
    static let json = FuzzTarget("json") { input in
        guard let value = SessionValue(json: input) else {
            try expect(SessionValue(json: [0x20] + input + [0x0A]) == nil, "space around it makes no JSON of anything")
            return
        }
        var written: [UInt8] = []
        try value.appendJSON(to: &written)
        let again = SessionValue(json: written)
        try expect(again == value, "what was read can be written and read again")
        var twice: [UInt8] = []
        try again?.appendJSON(to: &twice)
        try expect(twice == written, "equal values have equal bytes")
        try expect(SessionValue(json: input.dropLast() + [0xFF]) == nil, "a byte that is no UTF-8 is never taken")

        let serializer = JSONSessionSerializer()
        if let object = serializer.deserialize(input[...]) {
            try expect(
                serializer.deserialize(try serializer.serialize(object)[...]) == object,
                "the serializer reads what it wrote")
        }
        let nested = Array("[".utf8) + input + Array("]".utf8)
        if let deeper = SessionValue(json: nested) {
            try expect(deeper == .array([value]), "an array around a value holds it")
        } else {
            try expect(SessionValue(json: input, maxDepth: 31) == nil, "only the depth forbids an array around it")
        }
    }
}
