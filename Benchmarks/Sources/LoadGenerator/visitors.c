#define _GNU_SOURCE // getline
#include "visitors.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct visitor *visitors;
static uint32_t *queue; // a ring of places in `visitors`
static size_t visitorCount, first, waiting;

static _Noreturn void giveUp(const char *jar, const char *why) {
    fprintf(stderr, "LoadGenerator: %s: %s\n", jar, why);
    exit(1);
}

// A line is a count, a blank and the cookies.
static void readJar(const char *jar) {
    FILE *file = fopen(jar, "r");
    if (!file && errno == ENOENT) return;
    if (!file) giveUp(jar, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    for (size_t i = 0; i < visitorCount; i++) {
        ssize_t length = getline(&line, &room, file);
        if (length < 0) break;
        if (line[length - 1] == '\n') line[length - 1] = 0;
        char *end;
        visitors[i].count = strtoll(line, &end, 10);
        if (end == line || *end != ' ') giveUp(jar, "a line is no visitor");
        if (end[1] && !(visitors[i].cookies = strdup(end + 1))) abort();
    }
    free(line);
    fclose(file);
}

void gatherVisitors(size_t count, const char *jar) {
    visitorCount = count;
    visitors = calloc(count, sizeof *visitors);
    queue = calloc(count, sizeof *queue);
    if (!visitors || !queue) abort();
    for (size_t i = 0; i < count; i++) queue[i] = (uint32_t)i;
    waiting = count;
    if (jar) readJar(jar);
}

struct visitor *nextVisitor(void) {
    if (waiting == 0) abort();
    waiting--;
    size_t place = first;
    first = first + 1 == visitorCount ? 0 : first + 1;
    return &visitors[queue[place]];
}

void returnVisitor(struct visitor *visitor, bool asSomebodyNew) {
    if (asSomebodyNew) forget(visitor);
    queue[(first + waiting++) % visitorCount] = (uint32_t)(visitor - visitors);
}

void saveVisitors(const char *jar) {
    FILE *file = fopen(jar, "w");
    if (!file) giveUp(jar, strerror(errno));
    for (size_t i = 0; i < waiting; i++) {
        const struct visitor *visitor = &visitors[queue[(first + i) % visitorCount]];
        fprintf(file, "%lld %s\n", visitor->count, visitor->cookies ? visitor->cookies : "");
    }
    if (fclose(file) != 0) giveUp(jar, strerror(errno));
}
