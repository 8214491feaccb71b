// Starting processes of this program that go on where this one leaves off, and what passes between them.
// Functions return what the system call returns; -1 comes with errno.
#ifndef NESTBOX_GENERATIONS_H
#define NESTBOX_GENERATIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The path that this program was started with, or NULL.
const char *nestbox_program_path(void);

/// A descriptor that tells of SIGTERM, SIGINT, SIGHUP, SIGUSR2 and SIGCHLD, which are blocked in the calling thread from
/// now on. SIGPIPE is ignored from then on.
int nestbox_process_signals(void);

/// Takes a signal from it without waiting; 0 when there is none.
///
/// `is_hangup` tells whether the kernel sent it: a SIGHUP of a terminal that went away.
int nestbox_next_process_signal(int descriptor, int *is_hangup);

/// Starts a program with the signal mask that this one was started with.
///
/// Of the descriptors, those that are closed on exec are open in the child only if they are among `kept`, under the same
/// numbers. The calling thread waits until the child runs the program; in between the child has this process's memory, and
/// does nothing but system calls.
/// - Parameters:
///   - is_sibling: Whether the parent of this process is to be that of the new one, and waits for it.
///   - process: Receives the process ID.
///   - handle: Receives a descriptor that names the process and becomes readable when it ends; -1 on Linux before 5.2.
/// - Returns: An error number.
int nestbox_start_generation(const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count,
                  int is_sibling, pid_t *process, int *handle);

/// Sends a signal to the process that a descriptor names, or that has an ID where there is no descriptor or the system refuses
/// to take it.
void nestbox_signal_process(int handle, pid_t process, int signal);

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

int nestbox_epoll_remove(int epoll, int descriptor);

#endif
