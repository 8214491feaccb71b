import CNestboxSystem
import Glibc
public import NestboxHTTP

extension ListenAddress {
    /// The listening sockets that the program was started with: those that another process of it gave to this one, descriptor 0
    /// (spawn-fcgi, mod_fcgid, lighttpd, systemd's `StandardInput=socket`), or those of systemd's `LISTEN_FDS`.
    public static var inheritedSockets: [ListenAddress] { Listener.inherited(environment: .process) }
}

extension CGIGateway {
    /// Whether the environment holds a CGI request.
    public static var isRequested: Bool {
        getenv("GATEWAY_INTERFACE") != nil || getenv("REQUEST_METHOD") != nil
    }
}

extension CGIVariables {
    /// The environment of the process.
    public static var process: CGIVariables { CGIVariables(environment: nestbox_environment()) }
}
