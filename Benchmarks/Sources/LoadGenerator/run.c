#include "run.h"
#include "answer.h"
#include "request.h"
#include "visitors.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int socket; // -1: not open
    bool waitsForRoom; // the listener's queue was full
    bool watchesOutput;
    bool idle; // there is no answer to wait for any more
    struct visitor *visitor; // whose request is under way; NULL without --cookies
    struct bytes own; // the request with the visitor's cookies
    const struct bytes *request;
    size_t sent;
    uint64_t begun; // nanoseconds
    struct answer answer;
};

enum { inputSize = 256 * 1024, eventCount = 256, mostErrors = 1000 };
static const double grace = 5; // seconds to wait for the last answers

static const struct options *options;
static struct findings findings;
static struct bytes request;
static char input[inputSize];
static int poller;
static uint64_t deadline;
static int active, waitingForRoom;
static size_t asked;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static double processorSeconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void hangUp(struct connection *connection) {
    if (connection->socket >= 0) close(connection->socket);
    connection->socket = -1;
}

static void countError(struct connection *connection, const char *why) {
    if (findings.errors++ < 5) fprintf(stderr, "LoadGenerator: %s\n", why);
    // A server that answers nothing right is no reason to spin until the time is up.
    if (findings.errors > mostErrors) deadline = 0;
    // The next one who comes has never been here.
    if (connection->visitor) returnVisitor(connection->visitor, true);
    connection->visitor = NULL;
    hangUp(connection);
}

static void watch(struct connection *connection, int operation, bool output) {
    struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->socket, &event) != 0) {
        perror("LoadGenerator: epoll_ctl");
        exit(1);
    }
    connection->watchesOutput = output;
}

// False when it has to be tried again or has failed; only the latter leaves an error.
static bool openConnection(struct connection *connection) {
    connection->socket = socket(options->address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) {
        perror("LoadGenerator: socket");
        exit(1);
    }
    int yes = 1;
    if (options->protocol == protocolHTTP)
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(connection->socket, &options->address.any, options->addressLength) != 0 && errno != EINPROGRESS) {
        if (errno == EAGAIN) {
            hangUp(connection);
            connection->waitsForRoom = true;
            waitingForRoom++;
        } else {
            countError(connection, strerror(errno));
        }
        return false;
    }
    findings.connections++;
    watch(connection, EPOLL_CTL_ADD, false);
    return true;
}

// False when the connection is lost.
static bool sendMore(struct connection *connection) {
    const struct bytes *request = connection->request;
    while (connection->sent < request->count) {
        ssize_t count = send(connection->socket, request->start + connection->sent, request->count - connection->sent,
                             MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) break;
        if (count < 0) {
            countError(connection, strerror(errno));
            return false;
        }
        connection->sent += (size_t)count;
    }
    bool more = connection->sent < request->count;
    if (more != connection->watchesOutput) watch(connection, EPOLL_CTL_MOD, more);
    return true;
}

static void chooseVisitor(struct connection *connection) {
    connection->request = &request;
    if (!options->cookies) return;
    connection->visitor = nextVisitor();
    addCookies(&connection->own, &request, connection->visitor);
    connection->request = &connection->own;
}

// Ends a connection's part in the run when the time is up, otherwise asks again.
static void ask(struct connection *connection) {
    for (;;) {
        uint64_t time = now();
        bool again = connection->waitsForRoom;
        if (time >= deadline || (!again && options->requests && asked == options->requests)) {
            hangUp(connection);
            if (connection->visitor) returnVisitor(connection->visitor, false);
            connection->visitor = NULL;
            connection->idle = true;
            active--;
            return;
        }
        if (!again) {
            connection->begun = time;
            asked++;
            chooseVisitor(connection);
        }
        connection->waitsForRoom = false;
        connection->sent = 0;
        beginAnswer(&connection->answer, connection->visitor);
        if (connection->socket < 0 && !openConnection(connection)) {
            if (connection->waitsForRoom) return;
            continue;
        }
        if (sendMore(connection)) return;
    }
}

static void noteAnswer(struct connection *connection) {
    if (connection->visitor) {
        connection->visitor->count = connection->answer.number;
        returnVisitor(connection->visitor, false);
        connection->visitor = NULL;
    }
    if (findings.answers == findings.room) {
        findings.room = findings.room ? findings.room * 2 : 1 << 16;
        findings.latencies = realloc(findings.latencies, findings.room * sizeof *findings.latencies);
        if (!findings.latencies) abort();
    }
    findings.latencies[findings.answers++] = (uint32_t)((now() - connection->begun) / 1000);
}

static void readMore(struct connection *connection) {
    ssize_t count = recv(connection->socket, input, sizeof input, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    struct answer *answer = &connection->answer;
    if (count <= 0) {
        countError(connection, count < 0 ? strerror(errno) : "the server closed the connection within a request");
        ask(connection);
        return;
    }
    if (options->protocol == protocolHTTP) readHTTP(answer, input, (size_t)count, options);
    else readFastCGI(answer, input, (size_t)count, options);
    if (!answer->fault && answer->complete && connection->sent < connection->request->count)
        answer->fault = "an answer before the request was sent";
    if (answer->fault) {
        countError(connection, answer->fault);
    } else if (answer->complete) {
        noteAnswer(connection);
        if (!options->keep || answer->mustClose) hangUp(connection);
    } else {
        return;
    }
    ask(connection);
}

static void retryConnecting(struct connection *connections) {
    if (waitingForRoom == 0) return;
    waitingForRoom = 0;
    for (int i = 0; i < options->clients; i++)
        if (connections[i].waitsForRoom) ask(&connections[i]);
}

struct findings run(const struct options *given) {
    options = given;
    request = makeRequest(options);
    if (options->cookies) gatherVisitors(options->visitors, options->jar);
    struct connection *connections = calloc((size_t)options->clients, sizeof *connections);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || poller < 0) abort();
    double busy = processorSeconds();
    uint64_t start = now();
    deadline = start + (uint64_t)(options->seconds * 1e9);
    active = options->clients;
    for (int i = 0; i < options->clients; i++) {
        connections[i].socket = -1;
        ask(&connections[i]);
    }
    uint64_t end = deadline + (uint64_t)(grace * 1e9);
    struct epoll_event events[eventCount];
    while (active > 0 && now() < end) {
        int count = epoll_wait(poller, events, eventCount, waitingForRoom ? 1 : 100);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) && !sendMore(connection)) ask(connection);
            else if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) readMore(connection);
        }
        retryConnecting(connections);
    }
    findings.seconds = (double)(now() - start) / 1e9;
    findings.processorSeconds = processorSeconds() - busy;
    for (int i = 0; i < options->clients; i++)
        if (!connections[i].idle) countError(&connections[i], "no answer within 5 s of the end");
    if (options->jar) saveVisitors(options->jar);
    return findings;
}
