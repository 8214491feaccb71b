import NestboxTesting

/// Starts CGI programs for nginx, which cannot do it itself.
final class CGIWrapper {
    let directory: TemporaryDirectory
    private let children: [ChildProcess]

    static var isInstalled: Bool { Repository.tool("fcgiwrap") != nil }

    /// Starts `count` processes on one socket, each of which runs one program at a time.
    /// - Parameter environment: What the programs inherit beside the request.
    init(count: Int = 1, environment: [String: String] = [:]) throws {
        let directory = try TemporaryDirectory()
        let listener = try LoopbackListener(directory.socket())
        guard let program = Repository.tool("fcgiwrap") else {
            throw TestingError(.refused, "fcgiwrap is not installed")
        }
        // With -c it would start others, and leave them behind when it is ended.
        children = try (0..<count).map { _ in
            try ChildProcess(
                program, environment: environment, stdin: .descriptor(listener.descriptor), stdout: .null,
                stderr: .file(directory.path("log")))
        }
        self.directory = directory
    }

    /// What is between the braces of a `server` that passes `/cgi/app/…` to a program.
    func server(_ program: String) -> String {
        """
        client_max_body_size 16m;
        location /cgi/ {
            fastcgi_split_path_info ^(/cgi/app)(/.*)$;
            include nestbox/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME \(ExampleProgram.path(program));
            fastcgi_pass \(directory.socket());
        }
        """
    }

    deinit { for child in children { _ = try? child.stop() } }
}
