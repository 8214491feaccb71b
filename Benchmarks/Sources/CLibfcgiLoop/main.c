// The yardstick: a bare libfcgi server as the textbook writes it, one blocking FCGX_Accept_r loop per thread.
//
// A kept connection occupies its thread until the peer closes it, so --threads must be at least the number
// of connections open at once. Options it does not know are ignored: the driver can start it as "our" server.
#include "counters.h"
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int backlog = 1024;
static const int bigSize = 1 << 20;
static char *big;
static int listener;

static void sendHead(FCGX_Stream *out, const char *status, const char *type, long length) {
    FCGX_FPrintF(out, "Status: %s\r\nContent-Type: %s\r\nContent-Length: %ld\r\n\r\n", status, type, length);
}

static void sendText(FCGX_Stream *out, const char *status, const char *text) {
    long length = (long)strlen(text);
    sendHead(out, status, "text/plain", length);
    FCGX_PutStr(text, (int)length, out);
}

static void echo(FCGX_Request *request) {
    const char *given = FCGX_GetParam("CONTENT_LENGTH", request->envp);
    long left = given ? strtol(given, NULL, 10) : 0;
    char buffer[16384];
    sendHead(request->out, "200 OK", "application/octet-stream", left);
    while (left > 0) {
        int wanted = left < (long)sizeof buffer ? (int)left : (int)sizeof buffer;
        int got = FCGX_GetStr(buffer, wanted, request->in);
        if (got <= 0) return;
        FCGX_PutStr(buffer, got, request->out);
        left -= got;
    }
}

static void answer(FCGX_Request *request) {
    const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
    const char *path = FCGX_GetParam("DOCUMENT_URI", request->envp);
    if (!method || !path) {
        sendText(request->out, "400 Bad Request", "Bad Request");
    } else if (!strcmp(method, "GET") && !strcmp(path, "/hello")) {
        sendText(request->out, "200 OK", "Hello, World!");
    } else if (!strcmp(method, "POST") && !strcmp(path, "/echo")) {
        echo(request);
    } else if (!strcmp(method, "GET") && !strcmp(path, "/big")) {
        sendHead(request->out, "200 OK", "text/plain", bigSize);
        FCGX_PutStr(big, bigSize, request->out);
    } else if (!strcmp(method, "GET") && !strcmp(path, "/count/cookie")) {
        countInCookie(request);
    } else if (!strcmp(method, "GET") && !strcmp(path, "/count/file")) {
        countInFile(request);
    } else {
        sendText(request->out, "404 Not Found", "Not Found");
    }
}

static void *serve(void *unused) {
    (void)unused;
    FCGX_Request request;
    if (FCGX_InitRequest(&request, listener, 0) != 0) return NULL;
    while (FCGX_Accept_r(&request) == 0) {
        answer(&request);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int count, char **arguments) {
    const char *path = NULL;
    long threads = 1100; // enough for every scenario of the driver on two cores
    for (int i = 1; i + 1 < count; i++) {
        if (!strcmp(arguments[i], "--threads")) threads = strtol(arguments[i + 1], NULL, 10);
        if (!strcmp(arguments[i], "--listen") && !strncmp(arguments[i + 1], "unix:", 5)) path = arguments[i + 1] + 5;
        if (!strcmp(arguments[i], "--state")) sessionDirectory = arguments[i + 1];
    }
    if (!path || threads < 1) {
        fputs("usage: CLibfcgiLoop --listen unix:PATH [--threads N] [--state DIRECTORY]\n", stderr);
        return 2;
    }
    big = malloc((size_t)bigSize);
    if (!big) return 1;
    memset(big, 'x', (size_t)bigSize);
    signal(SIGPIPE, SIG_IGN);
    if (FCGX_Init() != 0 || (listener = FCGX_OpenSocket(path, backlog)) < 0) {
        fprintf(stderr, "CLibfcgiLoop: cannot listen on %s\n", path);
        return 1;
    }
    // Small stacks: a thousand threads must not cost the yardstick memory it has no use for.
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    for (long i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, serve, NULL) != 0) {
            perror("CLibfcgiLoop: pthread_create");
            return 1;
        }
    }
    serve(NULL);
    return 0;
}
