extension FastCGIRecord {
    /// `FCGI_BEGIN_REQUEST`: role (2 bytes, big endian), flags, five reserved bytes.
    public static func beginRequest(id: UInt16, role: Role = .responder, flags: Flags = []) -> FastCGIRecord {
        let body = [UInt8(role.rawValue >> 8), UInt8(role.rawValue & 0xFF), flags.rawValue, 0, 0, 0, 0, 0]
        return FastCGIRecord(type: .beginRequest, requestID: id, content: body)
    }

    /// `FCGI_PARAMS` with whole pairs; with none, the record that ends the stream.
    public static func params(
        id: UInt16, _ pairs: FastCGINameValuePairs = [:], longForm: Bool = false
    ) -> FastCGIRecord {
        FastCGIRecord(type: .params, requestID: id, content: pairs.encoded(longForm: longForm))
    }

    /// `FCGI_PARAMS` with any piece of the stream; a pair may go on in the next record.
    public static func params(id: UInt16, bytes: some Sequence<UInt8>) -> FastCGIRecord {
        FastCGIRecord(type: .params, requestID: id, content: Array(bytes))
    }

    /// `FCGI_STDIN`; without bytes, the record that ends the stream.
    public static func stdin(id: UInt16, _ bytes: some Sequence<UInt8> = []) -> FastCGIRecord {
        FastCGIRecord(type: .stdin, requestID: id, content: Array(bytes))
    }

    /// `FCGI_DATA`, which only a filter gets; without bytes, the record that ends the stream.
    public static func data(id: UInt16, _ bytes: some Sequence<UInt8> = []) -> FastCGIRecord {
        FastCGIRecord(type: .data, requestID: id, content: Array(bytes))
    }

    /// `FCGI_ABORT_REQUEST`.
    public static func abortRequest(id: UInt16) -> FastCGIRecord {
        FastCGIRecord(type: .abortRequest, requestID: id)
    }

    /// `FCGI_GET_VALUES`: the names with empty values.
    public static func getValues(_ names: [String]) -> FastCGIRecord {
        let pairs = FastCGINameValuePairs(names.map { ($0, "") })
        return FastCGIRecord(type: .getValues, requestID: 0, content: pairs.encoded())
    }

    /// A record of a type the specification does not have; a management record unless `id` is given.
    public static func unknown(type: UInt8, id: UInt16 = 0, _ content: some Sequence<UInt8> = []) -> FastCGIRecord {
        FastCGIRecord(type: RecordType(rawValue: type), requestID: id, content: Array(content))
    }

    /// `FCGI_STDOUT`, from the application; without bytes, the record that ends the stream.
    public static func stdout(id: UInt16, _ bytes: some Sequence<UInt8> = []) -> FastCGIRecord {
        FastCGIRecord(type: .stdout, requestID: id, content: Array(bytes))
    }

    /// `FCGI_STDERR`, from the application; without bytes, the record that ends the stream.
    public static func stderr(id: UInt16, _ bytes: some Sequence<UInt8> = []) -> FastCGIRecord {
        FastCGIRecord(type: .stderr, requestID: id, content: Array(bytes))
    }

    /// `FCGI_END_REQUEST`, from the application.
    public static func endRequest(
        id: UInt16, appStatus: UInt32 = 0, protocolStatus: ProtocolStatus = .requestComplete
    ) -> FastCGIRecord {
        let status = [24, 16, 8, 0].map { UInt8(appStatus >> $0 & 0xFF) }
        return FastCGIRecord(
            type: .endRequest, requestID: id, content: status + [protocolStatus.rawValue, 0, 0, 0])
    }

    /// `FCGI_GET_VALUES_RESULT`, from the application.
    public static func getValuesResult(_ pairs: FastCGINameValuePairs) -> FastCGIRecord {
        FastCGIRecord(type: .getValuesResult, requestID: 0, content: pairs.encoded())
    }

    /// `FCGI_UNKNOWN_TYPE`, from the application: the type it did not know, seven reserved bytes.
    public static func unknownType(_ type: UInt8) -> FastCGIRecord {
        FastCGIRecord(type: .unknownType, requestID: 0, content: [type, 0, 0, 0, 0, 0, 0, 0])
    }

    /// The same record with `count` bytes of padding.
    public func padded(by count: UInt8) -> FastCGIRecord {
        var record = self
        record.paddingLength = count
        return record
    }
}
