/// The parts of a site of nginx that are the same for all.
enum NginxText {
    /// How requests and responses are passed on.
    static func exchange(keepsConnections: Bool, readTimeout: String) -> String {
        let keeping =
            keepsConnections
            ? """
                # Without this the application closes the connection after each response, whatever `keepalive` says.
                fastcgi_keep_conn on;


            """ : ""
        return """
            \(keeping)    # A request whose connection fails before it was sent is tried again, on the next server if there are several; one
                # that may have been carried out only if it is safe to repeat, so never a POST.
                fastcgi_next_upstream error timeout;

                # nginx receives the whole body before it passes the request on. Off passes it on as it comes: for uploads that the
                # application should see grow, and chunked ones then come without a Content-Length.
                fastcgi_request_buffering on;
                # A longer body is written to a file in between.
                client_body_buffer_size 128k;

                # nginx takes the response as fast as the application makes it and feeds slow clients itself. A response with the
                # field `X-Accel-Buffering: no`, which the application's streams and server-sent events have, is passed on piece by
                # piece instead, also by gzip. Each of these occupies two connections of worker_connections while it lasts.
                fastcgi_buffering on;
                # The header block of a response must fit in here, all Set-Cookie fields included; else nginx answers 502.
                fastcgi_buffer_size 16k;
                fastcgi_buffers 16 16k;
                fastcgi_busy_buffers_size 32k;
                # What does not fit in the buffers goes to a file; 0 lets the application wait for the client instead.
                fastcgi_max_temp_file_size 1024m;

                # Without a connection nginx answers 502 after the first of these times. After the others, which count from one piece
                # to the next, it answers 504; the last one is more than --timeouts-handler, so that the application gives up first.
                # Server-sent events have a heartbeat of 15 s.
                fastcgi_connect_timeout 5s;
                fastcgi_send_timeout 60s;
                fastcgi_read_timeout \(readTimeout);

                # A client that hangs up makes nginx close the connection, and that cancels the handler's task.
                fastcgi_ignore_client_abort off;

                # A response of the application that is an error goes to the client as it is.
                fastcgi_intercept_errors off;

            """
    }

    /// The meta-variables, in the place of nginx's own file `fastcgi_params`; the shipped file of that name says the same.
    static let variables = """
            # The meta-variables of a request (RFC 3875 §4.1) as Nestbox expects them, instead of nginx's file fastcgi_params, not
            # beside it: a variable that is named twice is sent twice. All other header fields of the request are sent as HTTP_…
            # besides; those with an underscore in their name are not.
            fastcgi_param GATEWAY_INTERFACE CGI/1.1;
            fastcgi_param SERVER_SOFTWARE   nginx/$nginx_version;
            fastcgi_param SERVER_PROTOCOL   $server_protocol;
            fastcgi_param SERVER_NAME       $server_name;
            fastcgi_param SERVER_ADDR       $server_addr;
            fastcgi_param SERVER_PORT       $server_port;
            fastcgi_param REMOTE_ADDR       $remote_addr;
            fastcgi_param REMOTE_PORT       $remote_port;
            fastcgi_param REMOTE_USER       $remote_user if_not_empty;

            fastcgi_param REQUEST_METHOD    $request_method;
            fastcgi_param REQUEST_SCHEME    $scheme;
            fastcgi_param HTTPS             $https if_not_empty;

            # The target as the client sent it. The application takes the path from here, and what to cut off in front of it from
            # the next two, in which nginx has decoded the path and merged its slashes.
            fastcgi_param REQUEST_URI       $request_uri;
            fastcgi_param SCRIPT_NAME       $fastcgi_script_name;
            fastcgi_param PATH_INFO         $fastcgi_path_info if_not_empty;
            fastcgi_param QUERY_STRING      $query_string;

            # Empty with a body of unknown length: chunked, and fastcgi_request_buffering off.
            fastcgi_param CONTENT_LENGTH    $content_length;
            fastcgi_param CONTENT_TYPE      $content_type;
            # The same two again as header fields: not sent.
            fastcgi_param HTTP_CONTENT_LENGTH "";
            fastcgi_param HTTP_CONTENT_TYPE   "";

            # The host that nginx has chosen the server by, in lower case, with the client's port. $http_host would be whatever the
            # client wrote, even where its request line names another host.
            fastcgi_param HTTP_HOST         $host$nestbox_port;

            # Not sent: programs take a field `Proxy:` for the address of their proxy (httpoxy, CVE-2016-5385).
            fastcgi_param HTTP_PROXY        "";

            # The name of the request in the application's log. Put $request_id into nginx's log_format to find it in both.
            fastcgi_param REQUEST_ID        $request_id;

        """
}
