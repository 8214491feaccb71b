// What passes between the processes of a program, and what they tell systemd.
// Functions return what the system call returns; -1 comes with errno.
#ifndef NESTBOX_CHANNELS_H
#define NESTBOX_CHANNELS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Two ends for bytes in both directions, that do not block and are closed on exec.
int nestbox_channel_create(int *one, int *other);

/// Two ends for open connections: what is sent at the first is received, whole, by one of those who read the second.
///
/// Neither end blocks; both are closed on exec.
int nestbox_mailbox_create(int *sender, int *receiver);

/// Sends a descriptor and a byte about it; it stays open here.
int nestbox_mailbox_send(int sender, int descriptor, uint8_t note);

/// Takes a descriptor, which is closed on exec; -1 with EAGAIN when there is none, with EPIPE when there will be none, with EMFILE
/// when this process may have no more of them, and with ECONNABORTED when one was lost.
int nestbox_mailbox_receive(int receiver, uint8_t *note);

/// Sends a datagram to a unix socket; a path that starts with `@` is in the abstract namespace.
int nestbox_notify(const char *path, const char *message, size_t length);

/// Waits until all that was sent there before has been looked at (sd_notify_barrier(3)).
int nestbox_notify_barrier(const char *path, int timeout_ms);

#endif
