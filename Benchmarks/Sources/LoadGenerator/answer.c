#include "answer.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void beginAnswer(struct answer *answer, struct visitor *visitor) {
    // Not a memset: the line buffer is large, and its length says what of it counts.
    answer->lineLength = 0;
    answer->sawStatusLine = answer->headDone = answer->chunked = answer->mustClose = answer->complete = false;
    answer->status = 0;
    answer->contentLength = -1;
    answer->bodySize = 0;
    answer->visitor = visitor;
    answer->number = 0;
    answer->chunk = chunkSize;
    answer->chunkLeft = 0;
    answer->recordLength = answer->contentLeft = answer->paddingLeft = answer->endLength = 0;
    answer->fault = NULL;
}

size_t readLine(struct answer *answer, const char *bytes, size_t count, bool *done) {
    const char *newline = memchr(bytes, '\n', count);
    size_t taken = newline ? (size_t)(newline - bytes) + 1 : count;
    *done = newline != NULL;
    if (answer->lineLength + taken >= sizeof answer->line) {
        answer->fault = "a line of the head is too long";
        return count;
    }
    memcpy(answer->line + answer->lineLength, bytes, taken);
    answer->lineLength += taken;
    if (newline) {
        answer->lineLength--;
        if (answer->lineLength > 0 && answer->line[answer->lineLength - 1] == '\r') answer->lineLength--;
        answer->line[answer->lineLength] = 0;
    }
    return taken;
}

static const char *fieldValue(const char *line, const char *name) {
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) || line[length] != ':') return NULL;
    line += length + 1;
    while (*line == ' ' || *line == '\t') line++;
    return line;
}

static void readField(struct answer *answer) {
    const char *value;
    if ((value = fieldValue(answer->line, "Content-Length"))) {
        char *end;
        long long length = strtoll(value, &end, 10);
        if (end == value || *end || length < 0) answer->fault = "Content-Length is no number";
        else if (answer->contentLength >= 0) answer->fault = "two Content-Length fields";
        else answer->contentLength = length;
    } else if ((value = fieldValue(answer->line, "Transfer-Encoding"))) {
        if (strcasecmp(value, "chunked")) answer->fault = "unknown Transfer-Encoding";
        else answer->chunked = true;
    } else if ((value = fieldValue(answer->line, "Connection"))) {
        if (!strcasecmp(value, "close")) answer->mustClose = true;
    } else if ((value = fieldValue(answer->line, "Status"))) {
        answer->status = atoi(value);
    } else if (answer->visitor && (value = fieldValue(answer->line, "Set-Cookie"))) {
        if (!takeCookie(answer->visitor, value)) answer->fault = "a Set-Cookie field is no cookie";
    } else if (!strchr(answer->line, ':')) {
        answer->fault = "a line of the head is no field";
    }
}

size_t readHead(struct answer *answer, const char *bytes, size_t count, bool hasStatusLine) {
    size_t taken = 0;
    while (taken < count && !answer->headDone && !answer->fault) {
        bool done;
        taken += readLine(answer, bytes + taken, count - taken, &done);
        if (!done || answer->fault) break;
        if (answer->lineLength == 0) {
            answer->headDone = true;
            // CGI's default; HTTP has its first line.
            if (answer->status == 0 && !hasStatusLine) answer->status = 200;
        } else if (hasStatusLine && !answer->sawStatusLine) {
            answer->sawStatusLine = true;
            if (strncmp(answer->line, "HTTP/1.1 ", 9)) answer->fault = "no HTTP/1.1 status line";
            else answer->status = atoi(answer->line + 9);
        } else {
            readField(answer);
        }
        answer->lineLength = 0;
    }
    return taken;
}

static void readNumber(struct answer *answer, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') answer->fault = "the body is no number";
        else answer->number = answer->number * 10 + (bytes[i] - '0');
    }
    if (answer->bodySize + count > 15) answer->fault = "the body is too long for a count";
}

void checkBody(struct answer *answer, const char *bytes, size_t count, const struct options *options) {
    // A wrong status is the better explanation of a wrong body.
    if (answer->status != 200) answer->fault = "the status is not 200";
    else if (options->cookies) readNumber(answer, bytes, count);
    else if (answer->bodySize + count > options->expectedSize) answer->fault = "the body is too long";
    else if (memcmp(bytes, options->expected + answer->bodySize, count)) answer->fault = "the body has wrong bytes";
    answer->bodySize += count;
}

void checkWhole(struct answer *answer, const struct options *options) {
    if (answer->fault) return;
    if (!answer->headDone) answer->fault = "the answer ended within its head";
    else if (answer->status != 200) answer->fault = "the status is not 200";
    else if (answer->contentLength < 0 && !answer->chunked) answer->fault = "no Content-Length";
    else if (answer->contentLength >= 0 && (size_t)answer->contentLength != answer->bodySize)
        answer->fault = "the body is not as long as Content-Length says";
    else if (options->cookies && answer->number != answer->visitor->count + 1)
        answer->fault = "the counter does not count: the body is not the visitor's last number and one";
    else if (!options->cookies && answer->bodySize != options->expectedSize) answer->fault = "the body is too short";
    answer->complete = true;
}
