public import NestboxHTTP

extension TestClient.Body {
    /// A form as `multipart/form-data`, encoded as browsers do.
    ///
    ///     let photo = UploadedFile(name: "photo", filename: "gull.jpg", contentType: "image/jpeg", bytes: bytes)
    ///     await client.post("/birds", body: .multipart([FormField(name: "name", text: "Gull"), FormField(photo)]))
    ///
    /// In names `"` becomes `%22` and a line break `%0D%0A` (WHATWG HTML §4.10.22.8).
    /// - Parameter fields: Text and files; files have their bytes in memory, as those that a test makes.
    public static func multipart(_ fields: [FormField]) -> TestClient.Body {
        let boundary = "nestbox\(UInt64.random(in: 0 ... .max))"
        var body: [UInt8] = []
        for field in fields {
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(escaped(field.name))\""
            if let file = field.file {
                head += "; filename=\"\(escaped(file.filename))\""
                head += "\r\nContent-Type: \(file.contentType ?? "application/octet-stream")"
            }
            body += Array("\(head)\r\n\r\n".utf8)
            body += field.text.map { Array($0.utf8) } ?? field.file?.bytesInMemory ?? []
            body += Array("\r\n".utf8)
        }
        body += Array("--\(boundary)--\r\n".utf8)
        return .bytes(body, type: "multipart/form-data; boundary=\(boundary)")
    }

    private static func escaped(_ name: String) -> String {
        var escaped = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": escaped += "%22"
            case "\r": escaped += "%0D"
            case "\n": escaped += "%0A"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
