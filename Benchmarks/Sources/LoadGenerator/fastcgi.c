#include "answer.h"
#include <fastcgi.h>

static void checkRecord(struct answer *answer) {
    const unsigned char *record = answer->record;
    size_t length = (size_t)record[4] << 8 | record[5];
    answer->contentLeft = length;
    answer->paddingLeft = record[6];
    if (record[0] != FCGI_VERSION_1) answer->fault = "a record's version is not 1";
    else if (record[2] != 0 || record[3] != 1) answer->fault = "a record of another request";
    else if (record[1] == FCGI_STDERR && length > 0) answer->fault = "the application wrote to STDERR";
    else if (record[1] == FCGI_END_REQUEST && length != sizeof answer->end) answer->fault = "END_REQUEST is not 8 bytes";
    else if (record[1] != FCGI_STDOUT && record[1] != FCGI_STDERR && record[1] != FCGI_END_REQUEST)
        answer->fault = "a record of a type no application sends";
}

static void readContent(struct answer *answer, const char *bytes, size_t count, const struct options *options) {
    if (answer->record[1] == FCGI_STDOUT) {
        size_t head = answer->headDone ? 0 : readHead(answer, bytes, count, false);
        if (count > head && !answer->fault) checkBody(answer, bytes + head, count - head, options);
    } else {
        for (size_t i = 0; i < count; i++) answer->end[answer->endLength++] = (unsigned char)bytes[i];
    }
}

static void endRecord(struct answer *answer, const struct options *options) {
    answer->recordLength = 0;
    if (answer->record[1] != FCGI_END_REQUEST) return;
    const unsigned char *end = answer->end;
    if (end[0] | end[1] | end[2] | end[3]) answer->fault = "the application's status is not 0";
    else if (end[4] != FCGI_REQUEST_COMPLETE) answer->fault = "the request was refused";
    checkWhole(answer, options);
}

void readFastCGI(struct answer *answer, const char *bytes, size_t count, const struct options *options) {
    size_t taken = 0;
    while (taken < count && !answer->complete && !answer->fault) {
        size_t left = count - taken;
        if (answer->recordLength < sizeof answer->record) {
            answer->record[answer->recordLength++] = (unsigned char)bytes[taken++];
            if (answer->recordLength < sizeof answer->record) continue;
            checkRecord(answer);
        } else if (answer->contentLeft > 0) {
            size_t part = left < answer->contentLeft ? left : answer->contentLeft;
            readContent(answer, bytes + taken, part, options);
            answer->contentLeft -= part;
            taken += part;
        } else {
            size_t part = left < answer->paddingLeft ? left : answer->paddingLeft;
            answer->paddingLeft -= part;
            taken += part;
        }
        if (!answer->fault && answer->contentLeft == 0 && answer->paddingLeft == 0) endRecord(answer, options);
    }
    if (answer->complete && taken < count && !answer->fault) answer->fault = "bytes after END_REQUEST";
}
