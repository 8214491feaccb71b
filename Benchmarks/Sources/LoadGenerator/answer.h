#pragma once
#include "options.h"
#include "visitor.h"

/// What one connection has seen of the answer it waits for.
struct answer {
    // The head, which HTTP and CGI write alike except for HTTP's first line.
    char line[8192]; // a cookie may have 4 KiB
    size_t lineLength;
    bool sawStatusLine;
    bool headDone;
    int status;
    long long contentLength; // -1: not given
    bool chunked;
    bool mustClose;

    size_t bodySize;
    struct visitor *visitor; // who asked; NULL without --cookies
    long long number; // the body, if it has to be a number

    // HTTP's chunks.
    enum { chunkSize, chunkData, chunkEnd, chunkTrailer } chunk;
    size_t chunkLeft;

    // FastCGI's records.
    unsigned char record[8];
    size_t recordLength; // bytes of the record's header seen
    size_t contentLeft, paddingLeft;
    unsigned char end[8];
    size_t endLength;

    bool complete;
    const char *fault; // what is wrong with it, NULL while all is well
};

void beginAnswer(struct answer *answer, struct visitor *visitor);

/// Reads what the server sent. Sets `complete` or `fault` when there is something to say.
void readHTTP(struct answer *answer, const char *bytes, size_t count, const struct options *options);
void readFastCGI(struct answer *answer, const char *bytes, size_t count, const struct options *options);

// Shared by both protocols.

/// Returns how many of the bytes belong to the head.
size_t readHead(struct answer *answer, const char *bytes, size_t count, bool hasStatusLine);
/// Collects a line into `line`, without its end. Returns how many bytes it took; `*done` says if the line is whole.
size_t readLine(struct answer *answer, const char *bytes, size_t count, bool *done);
void checkBody(struct answer *answer, const char *bytes, size_t count, const struct options *options);
/// What can only be judged at the end: status and lengths.
void checkWhole(struct answer *answer, const struct options *options);
