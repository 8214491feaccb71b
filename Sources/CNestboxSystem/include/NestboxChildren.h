// Child processes that end with their parent, and the signals and the terminal of a program that has some.
// Functions return what the system call returns, -1 with errno, unless they say otherwise; EINTR is tried again.
#ifndef NESTBOX_CHILDREN_H
#define NESTBOX_CHILDREN_H

#include <stdint.h>
#include <sys/types.h>

/// The columns of the terminal that a descriptor leads to, 0 if it is none.
int nestbox_terminal_width(int descriptor);

/// Starts a program as the leader of a session of its own, with all signals as they are by default, and has the kernel send it
/// SIGTERM when this process ends, however it ends.
///
/// `descriptors` become its descriptors from 0 on, all others are closed. To be called by the thread that lives as long as the
/// process.
/// Returns the process id. A program that cannot be executed is -1 with errno, too.
pid_t nestbox_start_child(const char *program, char *const arguments[], char *const environment[], const int *descriptors,
                    int descriptor_count);

/// How a child has ended that is not to be waited for: 0 while it runs, 1 once it has ended. It stays a zombie, so that its
/// number and its group are its own.
int nestbox_child_has_ended(pid_t child);

/// Collects a child that has ended: its exit status, or 256 and the number of the signal that ended it.
int nestbox_collect_child(pid_t child);

/// Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGCHLD, and returns a descriptor that gives them; it does not block.
/// SIGPIPE is ignored from then on.
int nestbox_supervisor_signals(void);

/// The number of the next signal of such a descriptor, -1 when there is none.
int nestbox_next_supervisor_signal(int descriptor);

/// Removes a directory with all that is in it, following no links.
int nestbox_remove_tree(const char *path);

/// Makes a new directory of mode 0700; `template` ends in XXXXXX, which is replaced.
int nestbox_make_temporary_directory(char *template);

/// Locks a file without waiting, until the descriptor is closed.
int nestbox_try_lock(int descriptor);

#endif
