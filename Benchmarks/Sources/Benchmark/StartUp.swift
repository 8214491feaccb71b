import Foundation

/// How long a CGI program takes from its start to its end, its answer read in between.
struct StartUpFigures: Codable {
    let medianMicroseconds: Double
    let p90Microseconds: Double
    let processorMicroseconds: Double
}

struct StartUpComparison: Codable {
    let c: StartUpFigures
    let ours: StartUpFigures
    let ratio: Double

    init(programs: [Side: String], path: String, runs: Int) throws {
        var times: [Side: [Double]] = [:]
        var processorTimes: [Side: [Double]] = [:]
        for round in 0..<runs + 1 {
            for side in round.isMultiple(of: 2) ? Side.allCases : Side.allCases.reversed() {
                let (time, processorTime) = try startOnce(programs[side] ?? "", path: path)
                // The first one reads the program from the disk.
                guard round > 0 else { continue }
                times[side, default: []].append(time)
                processorTimes[side, default: []].append(processorTime)
            }
        }
        func figures(_ side: Side) -> StartUpFigures {
            StartUpFigures(
                medianMicroseconds: median(times[side] ?? []), p90Microseconds: quantile(times[side] ?? [], 0.9),
                processorMicroseconds: median(processorTimes[side] ?? []))
        }
        c = figures(.c)
        ours = figures(.ours)
        ratio = ours.medianMicroseconds / c.medianMicroseconds
    }
}

/// Returns microseconds on the clock and of processor time.
private func startOnce(_ program: String, path: String) throws -> (Double, Double) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure("no pipe for a CGI program") }
    // The program gets a copy of the writing end, and must not hold the originals open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (reading, writing) = (ends[0], ends[1])
    defer { close(reading) }
    let environment = metaVariables(program: program, path: path)
    let start = nanosecondsNow()
    let child: Child
    do {
        defer { close(writing) }
        child = try Child(program, [], environment: environment, output: writing, errors: nil)
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(reading, &buffer, buffer.count)
        if count <= 0 { break }
        answer += buffer[..<count]
    }
    child.waitForEnd()
    let end = nanosecondsNow()
    let ending = child.wait()
    let text = String(decoding: answer, as: UTF8.self)
    let head = text.prefix { $0 != "\r\n" && $0 != "\n" }
    guard ending.status == 0, text.contains("Hello"), !head.hasPrefix("Status:") || head.contains("200") else {
        throw Failure("\(program) gave no greeting: status \(ending.status), first line \"\(head)\"")
    }
    return (Double(end - start) / 1000, ending.processorSeconds * 1e6)
}

/// What Apache's mod_cgi or a wrapper behind nginx gives for a GET request.
private func metaVariables(program: String, path: String) -> [String] {
    let name = "/cgi-bin/" + (program.split(separator: "/").last.map(String.init) ?? "")
    return [
        "PATH=/usr/bin:/bin", "GATEWAY_INTERFACE=CGI/1.1",
        "SERVER_PROTOCOL=HTTP/1.1", "SERVER_SOFTWARE=Apache/2.4", "SERVER_SIGNATURE=", "SERVER_NAME=localhost",
        "SERVER_ADDR=127.0.0.1", "SERVER_PORT=80", "REMOTE_ADDR=127.0.0.1", "REMOTE_PORT=40123",
        "REQUEST_METHOD=GET", "REQUEST_SCHEME=http", "REQUEST_URI=\(name)\(path)", "QUERY_STRING=",
        "SCRIPT_NAME=\(name)", "SCRIPT_FILENAME=\(program)", "PATH_INFO=\(path)",
        "PATH_TRANSLATED=/var/www/html\(path)", "DOCUMENT_ROOT=/var/www/html", "CONTEXT_PREFIX=/cgi-bin/",
        "CONTEXT_DOCUMENT_ROOT=/usr/lib/cgi-bin/", "SERVER_ADMIN=webmaster@localhost", "HTTP_HOST=localhost",
        "HTTP_USER_AGENT=NestboxBenchmark", "HTTP_ACCEPT=*/*", "HTTP_CONNECTION=close",
    ]
}
