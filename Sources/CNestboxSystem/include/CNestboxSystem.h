// What Linux offers and Swift's Glibc module does not show: epoll, accept4, thread-local storage.
// Functions return what the system call returns; -1 comes with errno.
#ifndef NESTBOX_SYSTEM_H
#define NESTBOX_SYSTEM_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "NestboxBytes.h"
#include "NestboxChannels.h"
#include "NestboxFiles.h"
#include "NestboxProcesses.h"
#include "NestboxTemporaryFiles.h"

/// Events of `nestbox_epoll_…`, with the kernel's values.
enum {
    NESTBOX_EPOLL_IN = 0x001,
    NESTBOX_EPOLL_OUT = 0x004,
    NESTBOX_EPOLL_ERR = 0x008,
    NESTBOX_EPOLL_HUP = 0x010,
    NESTBOX_EPOLL_RDHUP = 0x2000,
    NESTBOX_EPOLL_ET = 1u << 31,
};

int nestbox_epoll_create(void);
int nestbox_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data);
int nestbox_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t data);
int nestbox_epoll_remove(int epoll, int descriptor);

struct nestbox_event {
    uint64_t data;
    uint32_t events;
};

/// Waits for at most 16 events.
int nestbox_epoll_wait(int epoll, struct nestbox_event *events, int maximum, int timeout_ms);

/// Wakes one waiter of an edge-triggered epoll set for each call of `nestbox_event_signal`.
int nestbox_event_create(void);
void nestbox_event_signal(int event);

/// A timer that fires again and again, in an epoll set; 0 ms stops it.
int nestbox_timer_create(void);
int nestbox_timer_set(int timer, uint64_t period_ms);
/// Takes note that it has fired: until then the kernel does not start it again.
void nestbox_timer_read(int timer);

void nestbox_close(int descriptor);

/// Accepts a connection that is non-blocking and closed on exec; fills in the peer's address.
int nestbox_accept(int listener, void *address, uint32_t *address_length);

/// Sends up to three pieces as one message; never blocks and never raises SIGPIPE.
ssize_t nestbox_send(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count,
                     const void *third, size_t third_count);

/// Writes up to three pieces to a pipe.
ssize_t nestbox_write(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count,
                      const void *third, size_t third_count);

/// A pipe whose ends are closed on exec; the writer does not block, the reader does.
int nestbox_pipe(int *reader, int *writer);

/// Grows a pipe; returns its new size.
int nestbox_pipe_size(int pipe, int size);

/// The columns of the terminal that a descriptor leads to, 0 if it is none.
int nestbox_terminal_width(int descriptor);

/// The processors that this process may use.
int nestbox_processors(void);

/// Starts a thread with all signals blocked and a name of at most 15 bytes; returns an error number.
int nestbox_thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument);
/// Waits for a thread until a time of the monotonic clock, and lets go of it then.
void nestbox_thread_join(pthread_t thread, uint64_t deadline);

/// Keeps up to 16 MiB of memory that was freed for the next request.
///
/// By default each request's last pages go back to the kernel, and the next one faults them in again.
void nestbox_keep_freed_memory(void);

/// The calling thread's worker.
void *nestbox_current_worker(void);
void nestbox_set_current_worker(void *worker);

/// The process environment, ended by NULL.
char **nestbox_environment(void);

/// The path that the program was started by, as the kernel got it; NULL when it does not say.
const char *nestbox_called_path(void);

/// The directory that the program was started in; NULL when its path is absolute, or the directory had none.
const char *nestbox_start_directory(void);

/// Nanoseconds of CLOCK_MONOTONIC, and of its cheap version with the resolution of the kernel's tick.
uint64_t nestbox_now(void);
uint64_t nestbox_now_coarse(void);

#endif
