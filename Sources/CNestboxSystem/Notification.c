#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "NestboxChannels.h"
#include "SendDescriptor.h"

// The address of a path; 0 if it is none.
static socklen_t notification_address(struct sockaddr_un *address, const char *path) {
    size_t count = strlen(path);
    if (count == 0 || count >= sizeof address->sun_path) return 0;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, count);
    if (path[0] == '@') address->sun_path[0] = 0;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count);
}

int nestbox_notify(const char *path, const char *message, size_t length) {
    struct sockaddr_un address;
    socklen_t size = notification_address(&address, path);
    int sender = size == 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return -1;
    ssize_t sent = sendto(sender, message, length, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    close(sender);
    return sent < 0 ? -1 : 0;
}

int nestbox_notify_barrier(const char *path, int timeout_ms) {
    struct sockaddr_un address;
    socklen_t size = notification_address(&address, path);
    int ends[2];
    if (size == 0 || pipe2(ends, O_CLOEXEC) != 0) return -1;
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = sender < 0 ? -1 : nestbox_send_descriptor(sender, &address, size, "BARRIER=1", 9, ends[1], 0);
    if (sender >= 0) close(sender);
    close(ends[1]);
    // The other end is closed by who gets the message, after those before it.
    struct pollfd state = {.fd = ends[0]};
    int count = sent < 0 ? -1 : poll(&state, 1, timeout_ms);
    close(ends[0]);
    return count == 1 ? 0 : -1;
}
