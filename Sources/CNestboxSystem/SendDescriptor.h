#ifndef NESTBOX_SEND_DESCRIPTOR_H
#define NESTBOX_SEND_DESCRIPTOR_H

#include <sys/types.h>
#include <sys/un.h>

/// Sends bytes with an open descriptor; `address` is NULL on a socket that is connected.
ssize_t nestbox_send_descriptor(int socket, const struct sockaddr_un *address, socklen_t size, const void *text,
                                size_t length, int descriptor, int flags);

#endif
