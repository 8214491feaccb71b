#define _GNU_SOURCE
#include "NestboxChannels.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "SendDescriptor.h"

int nestbox_channel_create(int *one, int *other) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return -1;
    *one = ends[0];
    *other = ends[1];
    return 0;
}

int nestbox_mailbox_create(int *sender, int *receiver) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return -1;
    // Some hundred connections; the system's limit counts if it is lower.
    int size = 1 << 20;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    *sender = ends[0];
    *receiver = ends[1];
    return 0;
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

ssize_t nestbox_send_descriptor(int socket, const struct sockaddr_un *address, socklen_t size, const void *text,
                                size_t length, int descriptor, int flags) {
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec piece = {(void *)text, length};
    struct msghdr message = {.msg_name = (void *)address,
                             .msg_namelen = size,
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

int nestbox_mailbox_send(int sender, int descriptor, uint8_t note) {
    return nestbox_send_descriptor(sender, NULL, 0, &note, 1, descriptor, MSG_DONTWAIT) == 1 ? 0 : -1;
}

int nestbox_mailbox_receive(int receiver, uint8_t *note) {
    while (1) {
        // Without room for a descriptor the system would take the message out and drop the connection.
        int room = fcntl(receiver, F_DUPFD_CLOEXEC, 0);
        if (room < 0) return -1;
        close(room);
        union control control;
        struct iovec piece = {note, 1};
        struct msghdr message = {
            .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t count = recvmsg(receiver, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -1;
        if (count == 0) {
            errno = EPIPE;
            return -1;
        }
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
            header->cmsg_len != CMSG_LEN(sizeof(int))) {
            errno = ECONNABORTED;
            return -1;
        }
        int descriptor;
        memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        return descriptor;
    }
}
