import NestboxHTTP

extension FuzzTarget {
    /// `%XX` sequences.
    static let percentEncoding = FuzzTarget("percent-encoding") { input in
        let text = String(decoding: input, as: UTF8.self)
        for (name, allowed) in sets {
            let encoded = PercentEncoding.encode(text, allowed: allowed)
            try expect(PercentEncoding.decode(encoded).isSame(as: text), "decoding undoes encoding (\(name))")
        }
        for plusAsSpace in [false, true] {
            let decoded = PercentEncoding.decode(input, plusAsSpace: plusAsSpace)
            try expect(decoded.utf8.count <= 3 * input.count, "a byte becomes one character at most")
            guard !input.contains(UInt8(ascii: "%")) else { continue }
            let plain = plusAsSpace ? input.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 } : input
            try expect(
                decoded.isSame(as: String(decoding: plain, as: UTF8.self)), "without % nothing is decoded")
        }
    }

    private static let sets: [(String, PercentEncoding.Allowed)] = [
        ("pathSegment", .pathSegment), ("path", .path), ("queryComponent", .queryComponent),
    ]

    /// Query strings and URL-encoded bodies.
    static let query = FuzzTarget("query") { input in
        let parsed = try URLEncodedForm(parsing: input, limits: .init(maximumPairs: .max, maximumLength: .max))
        let again = try URLEncodedForm(
            parsing: parsed.serialized, limits: .init(maximumPairs: .max, maximumLength: .max))
        try expect(
            again.count == parsed.count
                && zip(again, parsed).allSatisfy { $0.name.isSame(as: $1.name) && $0.value.isSame(as: $1.value) },
            "parsing what was serialized gives an equal form")
        try expect(again.serialized == parsed.serialized, "an equal form is serialized alike")
        for field in parsed {
            try expect(parsed.contains(field.name) && parsed[field.name] != nil, "a field is found by its name")
        }
        try expect(
            parsed.count <= 1 + input.count { $0 == UInt8(ascii: "&") }, "no more pairs than separators allow")
        for limits in [URLEncodedForm.Limits(maximumPairs: 3, maximumLength: 64), .init()] {
            let isWithin = input.count <= limits.maximumLength && parsed.count <= limits.maximumPairs
            let limited = try? URLEncodedForm(parsing: input, limits: limits)
            try expect(limited == (isWithin ? parsed : nil), "above a limit nothing is taken, below it all")
        }
    }

    /// `Cookie` fields, and what goes into `Set-Cookie`.
    static let cookie = FuzzTarget("cookie") { input in
        let cookies = RequestCookies(parsing: [input], limit: .max)
        for cookie in cookies {
            let text = cookie.name + "=" + cookie.rawValue
            try expect(!cookie.name.isEmpty && !cookie.name.utf8.contains(UInt8(ascii: "=")), "a name is a name")
            try expect(
                !text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F || $0 == UInt8(ascii: ";") },
                "a pair has neither separators nor control characters")
            try expect(cookies.contains(cookie.name), "a cookie is found by its name")
        }
        let parts = input.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        try expect(
            Array(RequestCookies(parsing: parts, limit: .max)) == Array(cookies),
            "one field and several hold the same cookies")
        try expect(
            Array(RequestCookies(parsing: [input], limit: 3)) == Array(cookies.prefix(3)),
            "cookies above the limit are left out")
        if String(validating: input, as: UTF8.self) != nil {
            let again = RequestCookies(
                parsing: [cookies.map { "\($0.name)=\($0.rawValue)" }.joined(separator: ";")], limit: .max)
            try expect(Array(again) == Array(cookies), "cookies can be sent on")
        }
        let value = String(decoding: input, as: UTF8.self)
        if let cookie = try? Cookie(name: "c", value: value) {
            let pair = cookie.headerValue.prefix { $0 != ";" }
            let back = RequestCookies(parsing: [String(pair)])["c"]
            try expect(back?.isSame(as: value) == true, "a value comes back as it was set")
            try expect(!cookie.headerValue.utf8.contains { $0 < 0x20 || $0 >= 0x7F }, "a cookie is plain ASCII")
        }
        if let name = String(validating: input, as: UTF8.self), let cookie = try? Cookie(name: name, value: "v") {
            let back = RequestCookies(parsing: [String(cookie.headerValue.prefix { $0 != ";" })])
            try expect(back.count == 1 && back[name] == "v", "a name that is allowed comes back")
        }
    }

    /// Dates of header fields.
    static let date = FuzzTarget("date") { input in
        let now = HTTPDate(unixSeconds: 1_800_000_000)
        guard let date = HTTPDate(parsing: String(decoding: input, as: UTF8.self), now: now) else { return }
        try expect(HTTPDate(parsing: date.description, now: now) == date, "a date that was read can be written")
    }
}

extension String {
    /// Whether both have the same bytes; `==` takes other forms of a character for the same.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
