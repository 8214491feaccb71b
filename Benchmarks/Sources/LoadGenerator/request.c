#include "request.h"
#include <fastcgi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct bytes *bytes, const void *more, size_t count) {
    bytes->start = realloc(bytes->start, bytes->count + count + 1);
    if (!bytes->start) abort();
    if (count) memcpy(bytes->start + bytes->count, more, count);
    bytes->count += count;
}

static struct bytes makeHTTP(const struct options *options) {
    struct bytes request = {0};
    char head[1024];
    int count = snprintf(head, sizeof head,
        "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: NestboxLoadGenerator\r\nAccept: */*\r\nConnection: %s\r\n",
        options->method, options->path, options->host, options->keep ? "keep-alive" : "close");
    if (options->bodySize)
        count += snprintf(head + count, sizeof head - (size_t)count,
            "Content-Type: %s\r\nContent-Length: %zu\r\n", options->bodyType, options->bodySize);
    add(&request, head, (size_t)count);
    add(&request, "\r\n", 2);
    add(&request, options->body, options->bodySize);
    return request;
}

static void addRecord(struct bytes *request, unsigned char type, const void *content, size_t count) {
    static const char zeros[8];
    size_t padding = -count & 7; // nginx pads to 8 as well
    FCGI_Header header = {
        .version = FCGI_VERSION_1, .type = type, .requestIdB0 = 1,
        .contentLengthB1 = (unsigned char)(count >> 8), .contentLengthB0 = (unsigned char)count,
        .paddingLength = (unsigned char)padding};
    add(request, &header, sizeof header);
    add(request, content, count);
    add(request, zeros, padding);
}

static void addLength(struct bytes *bytes, size_t length) {
    unsigned char wide[4] = {(unsigned char)(length >> 24 | 0x80), (unsigned char)(length >> 16),
                             (unsigned char)(length >> 8), (unsigned char)length};
    if (length < 128) add(bytes, &wide[3], 1);
    else add(bytes, wide, 4);
}

static void addParameter(struct bytes *bytes, const char *name, const char *value) {
    addLength(bytes, strlen(name));
    addLength(bytes, strlen(value));
    add(bytes, name, strlen(name));
    add(bytes, value, strlen(value));
}

// The meta-variables of nginx's own fastcgi_params, in its order, and the client's header fields after them.
static struct bytes metaVariables(const struct options *options) {
    char length[24] = "";
    if (options->bodySize) snprintf(length, sizeof length, "%zu", options->bodySize);
    const char *variables[][2] = {
        {"QUERY_STRING", ""},
        {"REQUEST_METHOD", options->method},
        {"CONTENT_TYPE", options->bodySize ? options->bodyType : ""},
        {"CONTENT_LENGTH", length},
        {"SCRIPT_NAME", options->path},
        {"REQUEST_URI", options->path},
        {"DOCUMENT_URI", options->path},
        {"DOCUMENT_ROOT", "/usr/share/nginx/html"},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"REQUEST_SCHEME", "http"},
        {"GATEWAY_INTERFACE", "CGI/1.1"},
        {"SERVER_SOFTWARE", "nginx/1.22.1"},
        {"REMOTE_ADDR", "127.0.0.1"},
        {"REMOTE_PORT", "40123"},
        {"SERVER_ADDR", "127.0.0.1"},
        {"SERVER_PORT", "80"},
        {"SERVER_NAME", "localhost"},
        {"REDIRECT_STATUS", "200"},
        {"HTTP_HOST", options->host},
        {"HTTP_USER_AGENT", "NestboxLoadGenerator"},
        {"HTTP_ACCEPT", "*/*"},
    };
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        addParameter(&bytes, variables[i][0], variables[i][1]);
    return bytes;
}

static struct bytes makeFastCGI(const struct options *options) {
    struct bytes request = {0};
    FCGI_BeginRequestBody begin = {.roleB0 = FCGI_RESPONDER, .flags = options->keep ? FCGI_KEEP_CONN : 0};
    addRecord(&request, FCGI_BEGIN_REQUEST, &begin, sizeof begin);
    struct bytes variables = metaVariables(options);
    addRecord(&request, FCGI_PARAMS, variables.start, variables.count);
    addRecord(&request, FCGI_PARAMS, NULL, 0);
    const size_t most = 32 * 1024, size = options->bodySize;
    for (size_t sent = 0; sent < size; sent += most)
        addRecord(&request, FCGI_STDIN, options->body + sent, size - sent < most ? size - sent : most);
    addRecord(&request, FCGI_STDIN, NULL, 0);
    free(variables.start);
    return request;
}

struct bytes makeRequest(const struct options *options) {
    return options->protocol == protocolHTTP ? makeHTTP(options) : makeFastCGI(options);
}

void addCookies(struct bytes *own, const struct bytes *request, const struct visitor *visitor) {
    own->count = 0;
    // The head without the empty line at its end; there is no body.
    add(own, request->start, request->count - 2);
    if (visitor->cookies) {
        add(own, "Cookie: ", 8);
        add(own, visitor->cookies, strlen(visitor->cookies));
        add(own, "\r\n", 2);
    }
    add(own, "\r\n", 2);
}
