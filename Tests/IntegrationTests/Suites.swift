import Testing

/// Tests with the programs that users run: the examples, as they were built, behind a real nginx or as CGI programs.
///
/// One after the other: each starts several processes, and some of them look at times.
@Suite(.serialized, .onOwnThread, .timeLimit(.minutes(3)))
struct Integration {}
