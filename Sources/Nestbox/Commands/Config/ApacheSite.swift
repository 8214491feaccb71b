import NestboxGateway
import NestboxHTTP

/// A site of Apache in front of an application, over FastCGI.
///
/// What it says with the defaults is the shipped `apache/nestbox.conf`.
struct ApacheSite: Sendable {
    let site: Site
    /// The name of the site, and its other names.
    private let names: [String]

    init(_ site: Site) throws(StartError) {
        self.site = site
        try site.check([])
        for directory in site.handOff.sendfileDirectories { try Site.path(directory, "--files-sendfile") }
        for root in site.statics where root.directory.contains(where: { "*?[]".contains($0) }) {
            throw StartError("--static: '\(root.directory.printable)' would be a pattern in Apache's configuration")
        }
        names = try Self.names(site.hosts)
        guard !site.statics.contains(where: { $0.prefix == site.mount.withSlash }) else {
            throw StartError(
                "--static: Apache sends files at a place of their own: --static /assets/=DIR", isUsage: true)
        }
        guard site.handOff.locations.isEmpty else {
            throw StartError("files.accelRedirect is for nginx. Apache with mod_xsendfile has files.sendfile")
        }
    }

    var text: String {
        """
        # A site of Apache 2.4.33 or later for one Nestbox application at the root of a host, over FastCGI.
        #
        #   1. a2enmod proxy_fcgi env
        #   2. Copy this file to /etc/apache2/sites-available.
        #   3. Change the three lines below the comments that begin with "yours".
        #   4. Start the application:  \(site.program.name) --listen \(site.socket) --socket-group www-data
        #   5. a2ensite nestbox && apachectl configtest && apachectl graceful
        #
        # For an application below a path of a site that exists already see mounted.conf; for programs that Apache starts itself,
        # fcgid.conf and cgi.conf.

        # yours: the address and the port. With TLS *:443, and within the section
        #   SSLEngine on
        #   SSLCertificateFile /etc/ssl/example.pem
        #   SSLCertificateKeyFile /etc/ssl/example.key
        <VirtualHost *:80>
        \(serverNames)
        \(redirect)\(hint)\(files { $0.prefix.count >= place.count })    # enablereuse    Connections are kept, and one that is idle costs the application a descriptor and no thread. Apache
            #                keeps as many as it has threads; its processes times these must stay below --limits-connections
            #                (\(site.connections)).
            # ttl            Apache must be the one that gives up an idle connection, or a request can meet one that is just being
            #                closed: less than the application's --timeouts-idle (\(site.timeouts.idle.seconds) s).
            # retry          After a connection that failed, as while the application is started anew, Apache would answer 503 for
            #                a minute without trying.
            # flushpackets   What the application writes goes to the client at once: streams and server-sent events need it.
            # timeout        From one piece of the response to the next. After it Apache answers 504; an application with
            #                --timeouts-handler should give up first. Server-sent events have a heartbeat of 15 s.
        \(addressComment)    ProxyPass "\(place)" "\(address)" \\
                \(reuse) retry=0 flushpackets=on connectiontimeout=5 timeout=\(timeout)

        \(files { $0.prefix.count < place.count })    # Without this Apache takes the application for PHP-FPM, and invents a SCRIPT_FILENAME for it.
            ProxyFCGIBackendType GENERIC

            # A slash that is encoded (%2F) belongs to its segment; without this Apache answers 404.
            AllowEncodedSlashes NoDecode

            # Apache would show a client what its request holds, cookies and all.
            TraceEnable Off

            # Content-Length is taken from the application, which sends neither more nor less than it says. Else responses are chunked:
            # browsers cannot show how far a download is, and HEAD does not tell the size.
            SetEnv ap_trust_cgilike_cl 1

            <Location "\(place)">
                # The field Authorization is withheld from applications otherwise.
                CGIPassAuth On

                # Longer bodies are refused by Apache, with 413. The application has a limit of its own, which must not be smaller:
                # --limits-body (\(site.largestBody)).
                LimitRequestBody \(largestBody)
        \(mountVariables)    </Location>

            # A response of the application that is an error goes to the client as it is.
            ProxyErrorOverride Off
        \(handOff)</VirtualHost>

        """
    }

    /// A name with a dot in front stands for itself and all names below; the first one has no asterisk.
    private static func names(_ hosts: [String]) throws(StartError) -> [String] {
        let names = hosts.flatMap { $0.hasPrefix(".") ? [String($0.dropFirst()), "*\($0)"] : [$0] }
        guard let first = names.first(where: { !$0.contains("*") }) else {
            if names.isEmpty { return [] }
            throw StartError("--server-name: Apache needs one name without an asterisk", isUsage: true)
        }
        return [first] + names.filter { $0 != first }
    }

    private var serverNames: String {
        guard let first = names.first else { return "    # yours\n    ServerName www.example.org\n" }
        let others = names.dropFirst().joined(separator: " ")
        return "    ServerName \(first)\n" + (others.isEmpty ? "" : "    ServerAlias \(others)\n")
    }

    /// Where the application is on the host, with a slash at the end.
    private var place: String { site.mount + "/" }

    private var address: String {
        switch site.socket {
        case .unix(let path): "unix:\(path)|fcgi://\(site.name)/"
        case .tcp, .inherited: "fcgi://\(site.socket)/"
        }
    }

    private var addressComment: String {
        site.hasSocket
            ? "" : "    #\n    # yours: what the application has in --listen, between the quotation mark and the bar\n"
    }

    /// Half of what the application waits, which leaves Apache the first to give up, and its own 60 s at most.
    ///
    /// Apache keeps as many connections as it has threads, by default 400 at most: an application that takes few keeps none.
    private var reuse: String {
        let time = min(60, site.timeouts.idle.components.seconds / 2)
        return time > 0 && site.connections >= 512 ? "enablereuse=on ttl=\(time)" : "enablereuse=off"
    }

    /// More than a handler may take, so that the application answers first.
    private var timeout: Int64 { max(60, (site.timeouts.handler?.components.seconds ?? 0) + 11) }

    /// Of which 0 is no limit at all, and 2 GiB more than Apache knows.
    private var largestBody: Int { site.largestBody > Int(Int32.max) ? 0 : max(1, site.largestBody) }

    private var mountVariables: String {
        guard !site.mount.isEmpty else { return "" }
        return """

                    # Apache puts the whole path into SCRIPT_NAME, from which the application could not tell where it is mounted.
                    ProxyFCGISetEnvIf "%{REQUEST_URI} =~ m#^\(site.mount.replacingRegex)(/.*)$#" PATH_INFO "$1"
                    ProxyFCGISetEnvIf "true" SCRIPT_NAME "\(site.mount)"

            """
    }

    private var redirect: String {
        guard !site.mount.isEmpty else { return "" }
        return """
                # Links in a page at \(site.mount) would lead to its neighbours; below \(place) they lead where they should.
                RedirectMatch 308 "^\(site.mount.replacingRegex)$" "\(place)"


            """
    }

    private var hint: String {
        guard site.statics.isEmpty else { return "" }
        return """
                # Files that need no program are faster without one:
                #   \(site.program.name) config apache --static /static/=/srv/example/static
                # prints what they take, and shows nothing that begins with a dot.


            """
    }

    /// The places of files of which something holds.
    ///
    /// The longest comes first: Apache takes the first one that fits.
    private func files(where isChosen: (Site.StaticRoot) -> Bool) -> String {
        site.statics.filter(isChosen).sorted { $0.prefix.count > $1.prefix.count }.map { root in
            """
                # Files that Apache sends itself.
                ProxyPass "\(root.prefix)" "!"
                Alias "\(root.prefix)" "\(root.directory.withSlash)"
                <Directory "\(root.directory)">
                    Require all granted
                    AllowOverride None
                    Options FollowSymLinks
                    # What begins with a dot, but for .well-known.
                    <If "%{REQUEST_URI} =~ m#/\\.(?!well-known(/|$))#">
                        Require all denied
                    </If>
                </Directory>


            """
        }.joined()
    }

    private var handOff: String {
        guard !site.handOff.sendfileDirectories.isEmpty else { return "" }
        let paths = site.handOff.sendfileDirectories.map { "    XSendFilePath \"\($0)\"\n" }.joined()
        return
            "\n    # Files that the application checks and Apache sends: a2enmod xsendfile.\n    XSendFile On\n\(paths)"
    }
}

extension Duration {
    /// Whole seconds.
    var seconds: Int64 { components.seconds }
}
