/// One server of nginx: it passes everything on to one application.
struct NginxServer {
    /// What the application speaks.
    enum Backend {
        /// `kept` says whether nginx keeps its connections; `script` names the file that PHP-FPM is to run.
        case fastCGI(kept: Bool, script: String? = nil)
        /// HTTP over connections that nginx keeps, if the application does.
        case http
    }

    let name: String
    let socket: String
    let backend: Backend
    /// How many connections nginx keeps at most, in each of its workers.
    let clients: Int

    func configuration(port: Int) -> String {
        """
            upstream \(name) {
                server unix:\(socket);
                \(keepsConnections ? "keepalive \(clients); keepalive_requests 1000000000;" : "")
            }
            server {
                # Otherwise one worker takes most clients in one run and half of them in the next.
                listen 127.0.0.1:\(port) backlog=4096 reuseport;
                server_name localhost;
                location / {
        \(location.map { "            \($0);\n" }.joined())
                }
            }

        """
    }

    private var keepsConnections: Bool {
        switch backend {
        case .fastCGI(let kept, _): kept
        case .http: true
        }
    }

    private var location: [String] {
        switch backend {
        case .fastCGI(let kept, let script):
            ["fastcgi_pass \(name)", "fastcgi_keep_conn \(kept ? "on" : "off")"]
                + (Self.variables + (script.map { ["SCRIPT_FILENAME \($0)"] } ?? [])).map { "fastcgi_param \($0)" }
        case .http:
            [
                "proxy_pass http://\(name)", "proxy_http_version 1.1", "proxy_set_header Connection \"\"",
                "proxy_set_header Host $host", "proxy_set_header X-Forwarded-For $remote_addr",
            ]
        }
    }

    private static let variables = [
        "QUERY_STRING $query_string", "REQUEST_METHOD $request_method", "CONTENT_TYPE $content_type",
        "CONTENT_LENGTH $content_length", "SCRIPT_NAME $fastcgi_script_name", "REQUEST_URI $request_uri",
        "DOCUMENT_URI $document_uri", "DOCUMENT_ROOT $document_root", "SERVER_PROTOCOL $server_protocol",
        "REQUEST_SCHEME $scheme", "HTTPS $https if_not_empty", "GATEWAY_INTERFACE CGI/1.1",
        "SERVER_SOFTWARE nginx/$nginx_version", "REMOTE_ADDR $remote_addr", "REMOTE_PORT $remote_port",
        "REMOTE_USER $remote_user", "SERVER_ADDR $server_addr", "SERVER_PORT $server_port",
        "SERVER_NAME $server_name", "REDIRECT_STATUS 200", "HTTP_HOST $host",
    ]
}
