#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum protocol { protocolHTTP, protocolFastCGI };

struct options {
    enum protocol protocol;
    union {
        struct sockaddr any;
        struct sockaddr_in internet;
        struct sockaddr_un local;
    } address;
    socklen_t addressLength;
    char host[64]; // what the Host field says
    int clients;
    bool keep;
    double seconds;
    const char *method;
    const char *path;
    char *body; // of every request
    size_t bodySize;
    const char *bodyType;
    char *expected; // every answer must have exactly this body
    size_t expectedSize;
    bool cookies; // every client is a visitor with cookies, and every answer is the count of that visitor's requests
    size_t visitors; // who take turns on the connections
    const char *jar; // where the visitors come from and go to, NULL when each run has new ones
    size_t requests; // no more than these; 0: as many as fit into the time
};

/// Ends the process with status 2 when the options make no sense or name an address that is not local.
struct options readOptions(int count, char **arguments);

/// The request's body, and of an echo also the answer's: no two neighbouring KiB of it are alike.
void fillPattern(char *bytes, size_t count);
