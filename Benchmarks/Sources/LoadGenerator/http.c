#include "answer.h"
#include <stdlib.h>

// One step through a chunked body; returns how many bytes it took.
static size_t readChunk(struct answer *answer, const char *bytes, size_t count, const struct options *options) {
    if (answer->chunk == chunkData) {
        size_t taken = count < answer->chunkLeft ? count : answer->chunkLeft;
        checkBody(answer, bytes, taken, options);
        answer->chunkLeft -= taken;
        if (answer->chunkLeft == 0) answer->chunk = chunkEnd;
        return taken;
    }
    bool done;
    size_t taken = readLine(answer, bytes, count, &done);
    if (!done || answer->fault) return taken;
    char *end;
    switch (answer->chunk) {
    case chunkSize:
        answer->chunkLeft = strtoul(answer->line, &end, 16);
        if (end == answer->line || (*end && *end != ';')) answer->fault = "a chunk's size is no number";
        answer->chunk = answer->chunkLeft ? chunkData : chunkTrailer;
        break;
    case chunkEnd:
        if (answer->lineLength) answer->fault = "a chunk is longer than it says";
        answer->chunk = chunkSize;
        break;
    default:
        if (answer->lineLength == 0) checkWhole(answer, options);
    }
    answer->lineLength = 0;
    return taken;
}

void readHTTP(struct answer *answer, const char *bytes, size_t count, const struct options *options) {
    size_t taken = 0;
    if (!answer->headDone) {
        taken = readHead(answer, bytes, count, true);
        if (answer->headDone && !answer->fault && !answer->chunked && answer->contentLength < 0)
            answer->fault = "neither Content-Length nor chunks";
        if (!answer->headDone) return;
    }
    if (answer->chunked) {
        while (taken < count && !answer->complete && !answer->fault)
            taken += readChunk(answer, bytes + taken, count - taken, options);
    } else if (!answer->fault) {
        size_t left = (size_t)answer->contentLength - answer->bodySize;
        size_t body = count - taken < left ? count - taken : left;
        checkBody(answer, bytes + taken, body, options);
        taken += body;
        if (answer->bodySize == (size_t)answer->contentLength) checkWhole(answer, options);
    }
    // Nothing is pipelined, so nothing may follow.
    if (answer->complete && taken < count && !answer->fault) answer->fault = "bytes after the answer";
}
