extension FastCGIRecord {
    /// What the content of a record means (FastCGI §8, `FCGI_BEGIN_REQUEST` and so on).
    ///
    /// Any byte is allowed.
    public struct RecordType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The byte on the wire.
        public let rawValue: UInt8

        /// The type that is `rawValue` on the wire, known or not.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `FCGI_BEGIN_REQUEST`, 1.
        public static let beginRequest = RecordType(rawValue: 1)
        /// `FCGI_ABORT_REQUEST`, 2.
        public static let abortRequest = RecordType(rawValue: 2)
        /// `FCGI_END_REQUEST`, 3.
        public static let endRequest = RecordType(rawValue: 3)
        /// `FCGI_PARAMS`, 4.
        public static let params = RecordType(rawValue: 4)
        /// `FCGI_STDIN`, 5.
        public static let stdin = RecordType(rawValue: 5)
        /// `FCGI_STDOUT`, 6.
        public static let stdout = RecordType(rawValue: 6)
        /// `FCGI_STDERR`, 7.
        public static let stderr = RecordType(rawValue: 7)
        /// `FCGI_DATA`, 8.
        public static let data = RecordType(rawValue: 8)
        /// `FCGI_GET_VALUES`, 9.
        public static let getValues = RecordType(rawValue: 9)
        /// `FCGI_GET_VALUES_RESULT`, 10.
        public static let getValuesResult = RecordType(rawValue: 10)
        /// `FCGI_UNKNOWN_TYPE`, 11.
        public static let unknownType = RecordType(rawValue: 11)

        private static let names = [
            "BEGIN_REQUEST", "ABORT_REQUEST", "END_REQUEST", "PARAMS", "STDIN", "STDOUT", "STDERR", "DATA",
            "GET_VALUES", "GET_VALUES_RESULT", "UNKNOWN_TYPE",
        ]

        /// The name in the specification, or the number.
        public var description: String {
            (1...11).contains(rawValue) ? "FCGI_" + Self.names[Int(rawValue) - 1] : "type \(rawValue)"
        }
    }

    /// What the web server asks the application to be (FastCGI §6).
    ///
    /// Any number is allowed.
    public struct Role: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// The role that is `rawValue` on the wire, known or not.
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// `FCGI_RESPONDER`, 1.
        public static let responder = Role(rawValue: 1)
        /// `FCGI_AUTHORIZER`, 2.
        public static let authorizer = Role(rawValue: 2)
        /// `FCGI_FILTER`, 3.
        public static let filter = Role(rawValue: 3)
    }

    /// The flags of a begin-request body (FastCGI §5.1).
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The byte on the wire.
        public let rawValue: UInt8

        /// The flags that are `rawValue` on the wire.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `FCGI_KEEP_CONN`: the application does not close the connection after the request.
        public static let keepConn = Flags(rawValue: 1)
    }

    /// How the application dealt with a request (FastCGI §5.5).
    ///
    /// Any byte is allowed.
    public struct ProtocolStatus: RawRepresentable, Hashable, Sendable {
        /// The byte on the wire.
        public let rawValue: UInt8

        /// The status that is `rawValue` on the wire, known or not.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `FCGI_REQUEST_COMPLETE`, 0.
        public static let requestComplete = ProtocolStatus(rawValue: 0)
        /// `FCGI_CANT_MPX_CONN`, 1.
        public static let cantMPXConn = ProtocolStatus(rawValue: 1)
        /// `FCGI_OVERLOADED`, 2.
        public static let overloaded = ProtocolStatus(rawValue: 2)
        /// `FCGI_UNKNOWN_ROLE`, 3.
        public static let unknownRole = ProtocolStatus(rawValue: 3)
    }

    /// The content of an end-request record (FastCGI §5.5).
    public struct EndRequestBody: Hashable, Sendable {
        /// The exit status of the program, as a CGI program would have it.
        public var appStatus: UInt32
        /// How the application dealt with the request.
        public var protocolStatus: ProtocolStatus

        /// Creates a body.
        public init(appStatus: UInt32 = 0, protocolStatus: ProtocolStatus = .requestComplete) {
            self.appStatus = appStatus
            self.protocolStatus = protocolStatus
        }

        /// Reads the eight bytes: application status (4, big endian), protocol status, three reserved.
        public init(decoding content: [UInt8]) throws(DecodingError) {
            guard content.count == 8 else { throw .wrongBodySize(content.count) }
            appStatus = content.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            protocolStatus = ProtocolStatus(rawValue: content[4])
        }
    }
}
