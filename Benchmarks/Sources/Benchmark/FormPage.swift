import Foundation

/// A form that is sent, and what every server has to say of it.
enum FormExchange: String, CaseIterable, Codable, Sendable {
    /// Twenty fields, URL-encoded, as a browser sends an address with its order.
    case form
    /// Three fields and a file of 1 MiB, as multipart/form-data.
    case upload1 = "upload-1m"
    /// The same with a file of 10 MiB.
    case upload10 = "upload-10m"

    private static let boundary = "----WebKitFormBoundaryq7Rk2vXh0ZsYd3Lm"

    private static let fields: [(String, String)] = [
        ("first_name", "Ada"), ("last_name", "Lovelace, née Byron"), ("email", "ada@example.org"),
        ("phone", "+44 20 7946 0000"), ("street", "12 St James's Square"), ("city", "London"),
        ("postcode", "SW1Y 4LB"), ("country", "GB"), ("birthday", "1815-12-10"), ("newsletter", "on"),
        ("item", "Analytical Engine (mill & store)"), ("quantity", "1"), ("colour", "steel/brass"),
        ("price", "£17,000"), ("coupon", ""), ("gift", "no"), ("delivery", "express"), ("payment", "invoice"),
        ("message", "Please ring twice.\r\nThe bell is loose, and the dog is deaf: 100 % sure he will not hear."),
        ("_token", "Zm9yIHRoZSBsb3ZlIG9mIG51bWJlcnMgYW5kIG9mIGNhcmRz"),
    ]

    var contentType: String {
        self == .form ? "application/x-www-form-urlencoded" : "multipart/form-data; boundary=\(Self.boundary)"
    }

    private var sentFields: [(String, String)] { self == .form ? Self.fields : Array(Self.fields[..<3]) }

    private var fileSize: Int? {
        switch self {
        case .form: nil
        case .upload1: 1 << 20
        case .upload10: 10 << 20
        }
    }

    /// The number of the fields and of the bytes in their values, and the file's size.
    var answer: String {
        let bytes = sentFields.reduce(0) { $0 + $1.1.utf8.count }
        return "\(sentFields.count) \(bytes)" + (fileSize.map { " \($0)" } ?? "")
    }

    var body: Data {
        guard let fileSize else {
            return Data(sentFields.map { "\($0)=\(Self.encode($1))" }.joined(separator: "&").utf8)
        }
        let parts = sentFields.map { name, value in
            "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        let head = """
            --\(Self.boundary)\r
            Content-Disposition: form-data; name="photo"; filename="engine.jpg"\r
            Content-Type: image/jpeg\r
            \r

            """
        // Bytes as a compressed picture has them: line ends and hyphens now and then, and never the boundary.
        var state: UInt32 = 1
        let file = (0..<fileSize).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        return Data((parts.joined() + head).utf8) + Data(file) + Data("\r\n--\(Self.boundary)--\r\n".utf8)
    }

    /// As browsers do it: a space is `+`, and little but letters and digits stays as it is.
    private static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2A, 0x2D, 0x2E, 0x5F: String(UnicodeScalar(byte))
            case 0x20: "+"
            default: String(format: "%%%02X", byte)
            }
        }.joined()
    }
}

/// One form at one server.
struct FormPage: ContestPage {
    let exchange: FormExchange
    let server: Contender

    var name: String { "\(exchange.rawValue) \(server.name)" }

    static func all(clients: Int) -> [FormPage] {
        let servers: [Contender] = [
            .ours(sessionFiles: 0), .php(children: 2), .php(children: 4),
            .php(children: clients * Nginx.workers + 8, kept: true),
        ]
        return FormExchange.allCases.flatMap { exchange in servers.map { FormPage(exchange: exchange, server: $0) } }
    }
}
