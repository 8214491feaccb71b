// Starting programs as processes of their own, and the signals of those who do.
// Functions return what the system call returns, -1 with errno, unless they say otherwise.
#ifndef NESTBOX_PROCESSES_H
#define NESTBOX_PROCESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A descriptor that tells of signals, which are blocked in the calling thread from now on; it does not block.
///
/// Whatever was inherited, from now on SIGPIPE is ignored, and SIGCHLD is not.
int nestbox_signals(const int *numbers, size_t count);

/// Takes a signal from it; 0 when there is none.
///
/// `is_hangup` tells whether the kernel sent it: a SIGHUP of a terminal that went away.
int nestbox_next_signal(int descriptor, int *is_hangup);

enum { NESTBOX_SPAWN_DESCRIPTORS = 16 };

/// How a program is started.
struct nestbox_spawn_options {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Descriptors that become those of the program from 0 on; with any, all others are closed.
    const int *descriptors;
    size_t descriptor_count;
    /// Without `descriptors`: those which stay open under their numbers, though they are closed on exec here.
    const int *kept;
    size_t kept_count;
    /// Whether the parent of this process is to be that of the new one, and waits for it.
    int is_sibling;
    /// Whether it leads a session of its own.
    int leads_session;
    /// A signal that it gets when the calling thread has ended; 0 for none.
    int death_signal;
};

/// Starts a program, with the signal mask that this one was started with and no signal handlers.
///
/// The calling thread waits until the child runs the program; in between the child has this process's memory, and does nothing
/// but system calls.
/// - Parameters:
///   - process: Receives the process ID.
///   - handle: Receives a descriptor that names the process; -1 on Linux before 5.2.
/// - Returns: An error number, also of a program that cannot be executed.
int nestbox_spawn(const struct nestbox_spawn_options *spawn, pid_t *process, int *handle);

/// Sends a signal to the process that a descriptor names, or that has an ID where there is no descriptor or the system refuses
/// to take it.
void nestbox_signal_process(int handle, pid_t process, int signal);

/// Whether a child has ended: 0 while it runs. It stays a zombie, so that its number and its group are its own.
int nestbox_child_has_ended(pid_t child);

#endif
