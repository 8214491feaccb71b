#define _GNU_SOURCE
#include "CNestboxSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

_Static_assert(NESTBOX_EPOLL_IN == EPOLLIN && NESTBOX_EPOLL_OUT == EPOLLOUT && NESTBOX_EPOLL_ERR == EPOLLERR &&
                   NESTBOX_EPOLL_HUP == EPOLLHUP && NESTBOX_EPOLL_RDHUP == EPOLLRDHUP &&
                   (uint32_t)NESTBOX_EPOLL_ET == (uint32_t)EPOLLET,
               "the kernel's values");

int nestbox_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int nestbox_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int nestbox_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

int nestbox_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }

int nestbox_epoll_wait(int epoll, struct nestbox_event *events, int maximum, int timeout_ms) {
    struct epoll_event ready[16];
    int count = epoll_wait(epoll, ready, maximum < 16 ? maximum : 16, timeout_ms);
    for (int i = 0; i < count; i++) {
        events[i].data = ready[i].data.u64;
        events[i].events = ready[i].events;
    }
    return count;
}

int nestbox_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void nestbox_event_signal(int event) {
    uint64_t one = 1;
    // It can fail only after 2^64 - 2 signals that nobody read; an edge is all that counts.
    (void)!write(event, &one, sizeof one);
}

int nestbox_timer_create(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

int nestbox_timer_set(int timer, uint64_t period_ms) {
    struct timespec period = {.tv_sec = (time_t)(period_ms / 1000), .tv_nsec = (long)(period_ms % 1000) * 1000000};
    struct itimerspec spec = {.it_interval = period, .it_value = period};
    return timerfd_settime(timer, 0, &spec, NULL);
}

void nestbox_timer_read(int timer) {
    uint64_t expirations;
    (void)!read(timer, &expirations, sizeof expirations);
}

void nestbox_close(int descriptor) {
    if (descriptor >= 0) close(descriptor);
}

int nestbox_accept(int listener, void *address, uint32_t *address_length) {
    return accept4(listener, address, address_length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

ssize_t nestbox_send(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count,
                     const void *third, size_t third_count) {
    struct iovec pieces[3] = {{(void *)first, first_count}, {(void *)second, second_count}, {(void *)third, third_count}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
    ssize_t sent;
    do {
        sent = sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t nestbox_write(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count,
                      const void *third, size_t third_count) {
    struct iovec pieces[3] = {{(void *)first, first_count}, {(void *)second, second_count}, {(void *)third, third_count}};
    ssize_t written;
    do {
        written = writev(descriptor, pieces, 3);
    } while (written < 0 && errno == EINTR);
    return written;
}

int nestbox_pipe(int *reader, int *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}

int nestbox_pipe_size(int pipe, int size) { return fcntl(pipe, F_SETPIPE_SZ, size); }

int nestbox_terminal_width(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int nestbox_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int nestbox_thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, body, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) pthread_setname_np(*thread, name);
    return error;
}

void nestbox_thread_join(pthread_t thread, uint64_t deadline) {
    struct timespec time = {.tv_sec = (time_t)(deadline / 1000000000u), .tv_nsec = (long)(deadline % 1000000000u)};
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &time) != 0) pthread_detach(thread);
}

void nestbox_keep_freed_memory(void) {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    // A piece of a body is larger than the 128 KiB from which on each would be mapped, and unmapped again.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

static __thread void *current_worker;

void *nestbox_current_worker(void) { return current_worker; }

void nestbox_set_current_worker(void *worker) { current_worker = worker; }

extern char **environ;

char **nestbox_environment(void) { return environ; }

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t nestbox_now(void) { return nanoseconds(CLOCK_MONOTONIC); }

uint64_t nestbox_now_coarse(void) { return nanoseconds(CLOCK_MONOTONIC_COARSE); }
