import NestboxGateway
import NestboxHTTP

/// A site of nginx in front of an application, in a file of its own.
///
/// What it says with the defaults is the shipped `nginx/nestbox.conf`.
struct NginxSite: Sendable {
    var site: Site
    /// Where nginx listens, and whether the reader is to look at it.
    var listen = "80;  # yours"
    /// How many idle connections are kept; `nil` for a connection to each request.
    var keepalive: Int?
    /// The file of a page for when the application is not there.
    var downPage: String?

    init(_ site: Site) throws(StartError) {
        self.site = site
        // Of 16 worker processes, or of more that keep less.
        keepalive = max(1, min(32, site.connections / 16))
        for location in site.handOff.locations {
            try Site.checkLocation(location.prefix, "--files-accel-redirect")
            try Site.path(location.directory, "--files-accel-redirect")
        }
        try site.check(site.handOff.locations)
    }

    var text: String {
        """
        \(head)
        # The port that the client named, if it did: $host is checked by nginx and has none.
        map "$host $http_host" $nestbox_port {
            default "";
            "~*^(.+) \\1\\.?(:[0-9]+)$" $2;
        }
        \(staticMaps)
        upstream \(site.name) {
            server \(socket)
        \(keepaliveLines)}

        server {
            listen \(listen)
            server_name \(serverName)

            # With TLS, instead of the listen line above:
            #   listen 443 ssl http2;
            #   ssl_certificate /etc/ssl/example.pem;
            #   ssl_certificate_key /etc/ssl/example.key;

            # Longer bodies are refused by nginx, with 413. The application has limits of its own, which must not be smaller:
            # --limits-body, and BodyLimitMiddleware on a route.
            client_max_body_size \(Self.size(site.largestBody));

        \(NginxText.exchange(keepsConnections: keepalive != nil, readTimeout: readTimeout))
        \(NginxText.variables)
        \(locations)}

        """
    }

    private var head: String {
        """
        # A site of nginx for one Nestbox application\(site.mount.isEmpty ? " at the root of a host" : ""). \
        Works with nginx 1.22 (Debian 12) and later.
        #
        #   1. \(site.program.name) config nginx --server-name www.example.org >/etc/nginx/conf.d/\(site.name).conf
        #      prints this with what the application is configured with; or copy it and change the lines marked "yours".
        #   2. \(site.program.name) --listen \(site.socket) --socket-group www-data
        #   3. nginx -t && nginx -s reload
        #
        # For an application below a path of a site that exists already see mounted.conf.

        """
    }

    private var socket: String {
        let address = "\(site.socket)"
        let text = address.contains(" ") ? "\"\(address)\"" : address
        return site.hasSocket ? "\(text);" : "\(text);  # yours: what the application has in --listen"
    }

    private var serverName: String {
        site.hosts.isEmpty ? "www.example.org;  # yours" : site.hosts.joined(separator: " ") + ";"
    }

    private var keepaliveLines: String {
        guard let keepalive else { return "" }
        // Half of what the application waits, which leaves nginx the first to give up; its own 60 s at most.
        let time = min(.seconds(60), site.timeouts.idle / 2)
        return """

                # Idle connections that each worker process of nginx keeps. Without them every request pays for a new connection.
                # A kept connection costs the application a descriptor and no thread; worker processes times this number must stay
                # below its --limits-connections (\(site.connections)).
                keepalive \(keepalive);
                keepalive_requests 100000;

                # nginx must be the one that gives up an idle connection, or a POST can meet a connection that is just being closed:
                # less than the application's --timeouts-idle (\(Self.time(site.timeouts.idle, spaced: true))).
                keepalive_timeout \(Self.time(time));

            """
    }

    /// More than a handler may take, so that the application answers first.
    private var readTimeout: String {
        guard let handler = site.timeouts.handler else { return "60s" }
        return Self.time(max(.seconds(60), .seconds(handler.components.seconds + 11)))
    }

    // MARK: Locations

    private var staticMaps: String {
        site.statics.enumerated().map { index, root in
            """

            # Which file below \(root.directory) a path names; none when a name starts with a dot, but for /.well-known.
            map $uri \(staticVariable(index)) {
                default "";
                "~(?s)^\(root.prefix.dropLast().replacingRegex)((?:/\\.well-known)?(?:/[^./][^/]*)+)\\z" $1;
            }

            """
        }.joined()
    }

    private func staticVariable(_ index: Int) -> String {
        "$\(site.name.map { $0 == "-" ? "_" : $0 }.reduce("") { $0 + String($1) })_file\(index == 0 ? "" : "\(index + 1)")"
    }

    private var locations: String {
        let application = """
            fastcgi_pass \(site.name);
                    fastcgi_split_path_info "(?s)^(\(site.mount.replacingRegex))(/.*)$";
            """
        var text = ""
        let cut =
            site.mount.isEmpty
            ? "    # SCRIPT_NAME is empty and PATH_INFO the whole path: the application is at the root."
            : "    # SCRIPT_NAME is \(site.mount) and PATH_INFO the rest: routes match what lies below, and links are made with it."
        if !site.mount.isEmpty {
            text += """
                    # Links in a page at \(site.mount) would lead to its neighbours; below \(site.mount)/ they lead where they should.
                    location = \(site.mount) {
                        return 308 \(site.mount)/$is_args$args;
                    }

                """
        }
        let place = site.mount.isEmpty ? "/" : "^~ \(site.mount)/"
        let isShared = site.statics.contains { $0.prefix == site.mount + "/" }
        if !isShared {
            text += "\(site.mount.isEmpty ? "" : "\n")\(cut)\n    location \(place) {\n        \(application)\n    }\n"
        }
        if site.statics.isEmpty, isDefault {
            text += """

                    # Files that need no program are faster without one:
                    #   \(site.program.name) config nginx --static /static/=/srv/example/static
                    # prints what they take, and shows nothing that begins with a dot.

                    # Files that the application checks and nginx sends (--files-accel-redirect):
                    #   include nestbox/files.conf;

                """
        }
        for (index, root) in site.statics.enumerated() {
            text += """

                    # Files that nginx sends itself; the application is asked for all else.
                    location \(root.prefix == "/" ? "/" : "^~ \(root.prefix)") {
                        root \(Self.quoted(root.directory));
                        try_files \(staticVariable(index)) @\(site.name);
                        add_header Cache-Control no-cache;
                        add_header X-Content-Type-Options nosniff;
                        max_ranges 16;
                    }

                """
        }
        if !site.statics.isEmpty {
            text += "\n\(cut)\n    location @\(site.name) {\n        \(application)\n    }\n"
        }
        for location in site.handOff.locations {
            text += """

                    # Files that the application checks and nginx sends. No client can ask for this location.
                    location ^~ \(location.prefix.withSlash) {
                        internal;
                        alias \(Self.quoted(location.directory.withSlash));
                        # Of the application's fields nginx keeps Content-Type, Content-Disposition, Cache-Control, Expires and
                        # Set-Cookie. This one it does not keep, and what users have uploaded needs it.
                        add_header X-Content-Type-Options nosniff always;
                        max_ranges 16;
                    }

                """
        }
        if let downPage, let slash = downPage.lastIndex(of: "/") {
            text += """

                    # The application is not there.
                    error_page 502 503 504 /.nestbox\(downPage[slash...]);
                    location = /.nestbox\(downPage[slash...]) {
                        internal;
                        alias \(Self.quoted(downPage));
                        types { }
                        default_type "text/html; charset=utf-8";
                        add_header Cache-Control no-store always;
                    }

                """
        }
        return text
    }

    private var isDefault: Bool { site.handOff.locations.isEmpty && downPage == nil }

    // MARK: Values

    /// Bytes as nginx writes them, of which 0 would be no limit at all.
    private static func size(_ bytes: Int) -> String {
        if bytes > 0, bytes % (1 << 20) == 0 { return "\(bytes >> 20)m" }
        if bytes > 0, bytes % (1 << 10) == 0 { return "\(bytes >> 10)k" }
        return "\(max(1, bytes))"
    }

    private static func time(_ duration: Duration, spaced: Bool = false) -> String {
        let (seconds, fraction) = duration.components
        if fraction == 0 { return "\(seconds)\(spaced ? " " : "")s" }
        return "\(max(1, Int64(duration / .milliseconds(1))))\(spaced ? " " : "")ms"
    }

    private static func quoted(_ path: String) -> String { path.contains(" ") ? "\"\(path)\"" : path }
}

extension StringProtocol {
    /// The text as a regular expression that matches it; it holds no sign but `.` that means something there.
    var replacingRegex: String { split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.") }
}
