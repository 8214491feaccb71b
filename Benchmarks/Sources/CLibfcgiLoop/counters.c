#include "counters.h"
#include "sha256.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

enum { idSize = 32, hexSize = 2 * sha256Size };
static const char key[] = "a key of the benchmark, not a secret";
const char *sessionDirectory;

static void writeHex(char *text, const unsigned char *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = 0;
}

static const char *sessionCookie(FCGX_Request *request) {
    const char *cookies = FCGX_GetParam("HTTP_COOKIE", request->envp);
    const char *cookie = cookies ? strstr(cookies, "session=") : NULL;
    return cookie ? cookie + strlen("session=") : NULL;
}

static void sendCount(FCGX_Request *request, long count, const char *cookie) {
    char body[24];
    int length = snprintf(body, sizeof body, "%ld", count);
    FCGX_PutS("Status: 200 OK\r\nContent-Type: text/plain\r\n", request->out);
    if (cookie) FCGX_FPrintF(request->out, "Set-Cookie: session=%s; Path=/; HttpOnly; SameSite=Lax\r\n", cookie);
    FCGX_FPrintF(request->out, "Content-Length: %d\r\n\r\n%s", length, body);
}

static void sendFailure(FCGX_Request *request) {
    FCGX_PutS("Status: 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", request->out);
}

// Signs the count: it stands before the point, its authentication code after it.
static void sign(char *cookie, size_t room, long count) {
    unsigned char mac[sha256Size];
    int length = snprintf(cookie, room, "%ld", count);
    hmacSHA256(key, sizeof key - 1, cookie, (size_t)length, mac);
    cookie[length] = '.';
    writeHex(cookie + length + 1, mac, sizeof mac);
}

void countInCookie(FCGX_Request *request) {
    char signedCount[24 + 1 + hexSize + 1];
    const char *cookie = sessionCookie(request);
    long count = 0;
    if (cookie) {
        count = strtol(cookie, NULL, 10);
        sign(signedCount, sizeof signedCount, count);
        // A program that has secrets would compare in constant time.
        if (strncmp(cookie, signedCount, strlen(signedCount))) count = 0;
    }
    sign(signedCount, sizeof signedCount, ++count);
    sendCount(request, count, signedCount);
}

static long countInOpenFile(int file) {
    char text[24];
    if (flock(file, LOCK_EX) != 0) return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    if (length < 0) return -1;
    text[length] = 0;
    long count = strtol(text, NULL, 10) + 1;
    length = snprintf(text, sizeof text, "%ld", count);
    // The new number is never shorter than the old one.
    return pwrite(file, text, (size_t)length, 0) == length ? count : -1;
}

void countInFile(FCGX_Request *request) {
    char id[idSize + 1] = "", path[512];
    const char *cookie = sessionCookie(request);
    if (cookie && strspn(cookie, "0123456789abcdef") == idSize) {
        memcpy(id, cookie, idSize);
    } else {
        unsigned char random[idSize / 2];
        if (getrandom(random, sizeof random, 0) != sizeof random) return sendFailure(request);
        writeHex(id, random, sizeof random);
        cookie = NULL;
    }
    int length = snprintf(path, sizeof path, "%s/%s", sessionDirectory ? sessionDirectory : "", id);
    if (!sessionDirectory || length >= (int)sizeof path) return sendFailure(request);
    int file = open(path, O_RDWR | O_CLOEXEC | (cookie ? 0 : O_CREAT | O_EXCL), 0600);
    if (file < 0) return sendFailure(request);
    long count = countInOpenFile(file);
    close(file);
    if (count < 0) return sendFailure(request);
    sendCount(request, count, cookie ? NULL : id);
}
