#include "options.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void refuse(const char *why, const char *what) {
    fprintf(stderr, "LoadGenerator: %s%s\n", why, what ? what : "");
    fputs("usage: LoadGenerator (--http HOST:PORT | --fastcgi unix:PATH) [--clients N] [--keep] [--seconds S]\n"
          "           [--method M] [--path P] [--body-size N] [--expect-text TEXT | --expect-size N]\n"
          "  --body-size    sends N bytes of a pattern and expects them back\n"
          "  --body-file    sends what is in this file, of the type in --body-type\n"
          "  --expect-size  expects N times the letter x\n"
          "           [--cookies [--visitors N] [--jar FILE]] [--requests N]\n"
          "  --cookies      keeps each visitor's cookies, and expects the count of the visitor's requests\n"
          "  --visitors     so many visitors take turns (as many as clients)\n"
          "  --jar          takes the visitors from this file, if it is there, and leaves them in it\n"
          "  --requests     ends after N requests\n",
          stderr);
    exit(2);
}

static double number(const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= most)) refuse("not a sensible number: ", text);
    return value;
}

void fillPattern(char *bytes, size_t count) {
    unsigned state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (char)(state >> 24);
    }
}

// Loopback only: this program must never be able to load somebody else's server.
static void readInternetAddress(struct options *options, const char *text) {
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host) refuse("not HOST:PORT: ", text);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    if (!strcmp(host, "localhost")) strcpy(host, "127.0.0.1");
    struct sockaddr_in *address = &options->address.internet;
    address->sin_family = AF_INET;
    address->sin_port = htons((in_port_t)number(colon + 1, 1, 65535));
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1 || ntohl(address->sin_addr.s_addr) >> 24 != 127)
        refuse("only 127.0.0.0/8 and localhost are allowed, not ", host);
    options->addressLength = sizeof *address;
    snprintf(options->host, sizeof options->host, "%.60s", host);
}

static void readLocalAddress(struct options *options, const char *text) {
    struct sockaddr_un *address = &options->address.local;
    if (strncmp(text, "unix:", 5)) refuse("not unix:PATH: ", text);
    if (strlen(text + 5) >= sizeof address->sun_path) refuse("the socket's path is too long: ", text);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, text + 5);
    options->addressLength = sizeof *address;
    strcpy(options->host, "localhost");
}

static void expect(struct options *options, const char *bytes, size_t count, bool pattern) {
    options->expected = malloc(count + 1);
    if (!options->expected) refuse("out of memory", NULL);
    options->expectedSize = count;
    if (bytes) memcpy(options->expected, bytes, count);
    else if (pattern) fillPattern(options->expected, count);
    else memset(options->expected, 'x', count);
}

static void readBody(struct options *options, const char *path) {
    FILE *file = fopen(path, "rbe");
    if (!file || fseek(file, 0, SEEK_END) != 0) refuse("cannot read ", path);
    long size = ftell(file);
    rewind(file);
    if (size < 0 || size > 1 << 28) refuse("too large a body: ", path);
    options->bodySize = (size_t)size;
    options->body = malloc(options->bodySize + 1);
    if (!options->body || fread(options->body, 1, options->bodySize, file) != options->bodySize)
        refuse("cannot read ", path);
    fclose(file);
}

struct options readOptions(int count, char **arguments) {
    struct options options = {.clients = 1, .seconds = 1, .method = "GET", .path = "/hello",
                              .bodyType = "application/octet-stream"};
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (!strcmp(name, "--keep")) {
            options.keep = true;
            continue;
        }
        if (!strcmp(name, "--cookies")) {
            options.cookies = true;
            continue;
        }
        if (++i == count) refuse("no value for ", name);
        const char *value = arguments[i];
        if (!strcmp(name, "--http")) {
            options.protocol = protocolHTTP;
            readInternetAddress(&options, value);
        } else if (!strcmp(name, "--fastcgi")) {
            options.protocol = protocolFastCGI;
            readLocalAddress(&options, value);
        } else if (!strcmp(name, "--clients")) options.clients = (int)number(value, 1, 10000);
        else if (!strcmp(name, "--seconds")) options.seconds = number(value, 0.01, 3600);
        else if (!strcmp(name, "--method")) options.method = value;
        else if (!strcmp(name, "--path")) options.path = value;
        else if (!strcmp(name, "--visitors")) options.visitors = (size_t)number(value, 1, 1 << 26);
        else if (!strcmp(name, "--requests")) options.requests = (size_t)number(value, 1, 1 << 30);
        else if (!strcmp(name, "--jar")) options.jar = value;
        else if (!strcmp(name, "--body-size")) {
            options.bodySize = (size_t)number(value, 0, 1 << 28);
            expect(&options, NULL, options.bodySize, true);
            options.body = options.expected;
        } else if (!strcmp(name, "--body-file")) readBody(&options, value);
        else if (!strcmp(name, "--body-type")) options.bodyType = value;
        else if (!strcmp(name, "--expect-text")) expect(&options, value, strlen(value), false);
        else if (!strcmp(name, "--expect-size")) expect(&options, NULL, (size_t)number(value, 0, 1 << 28), false);
        else refuse("unknown option ", name);
    }
    if (!options.addressLength) refuse("no server given", NULL);
    if (options.cookies && (options.protocol != protocolHTTP || options.expected))
        refuse("--cookies goes with --http and says itself what to expect", NULL);
    if (!options.cookies && (options.visitors || options.jar)) refuse("only --cookies has visitors", NULL);
    if (options.visitors < (size_t)options.clients) options.visitors = (size_t)options.clients;
    if (!options.cookies && !options.expected)
        refuse("say what to expect: --expect-text, --expect-size, --body-size or --cookies", NULL);
    if (strlen(options.bodyType) > 200) refuse("the type is too long: ", options.bodyType);
    if (strlen(options.path) > 256 || strlen(options.method) > 16) refuse("method or path too long", NULL);
    return options;
}
