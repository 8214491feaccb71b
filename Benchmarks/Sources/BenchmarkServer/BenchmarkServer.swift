// Placeholder for the framework's own server, which the driver starts as
//
//     BenchmarkServer --listen unix:PATH --workers 2 --state DIR
//
// with standard error (the access log) going to DIR/access.log. Its routes are those of CLibfcgiLoop, each with
// status 200 and a Content-Length:
//
//     GET  /hello   "Hello, World!" (13 bytes, text/plain)
//     POST /echo    the request's body
//     GET  /big     1 MiB of the letter x

import Foundation

@main
struct BenchmarkServer {
    static func main() {
        FileHandle.standardError.write(Data("BenchmarkServer is not written yet; use --server or --self-check.\n".utf8))
        exit(1)
    }
}
