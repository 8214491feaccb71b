#define _GNU_SOURCE
#include "NestboxGenerations.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

const char *nestbox_program_path(void) { return (const char *)getauxval(AT_EXECFN); }

// The mask that the program was started with: set once, by the first thread, before there are others.
static sigset_t first_mask;
static int has_first_mask;

int nestbox_process_signals(void) {
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR2);
    sigaddset(&signals, SIGCHLD);
    // Inherited as ignored it would let children vanish without a word, and another process have their IDs.
    signal(SIGCHLD, SIG_DFL);
    // A pipe that nobody reads any more, of a log for example, is an error of a write and not the end.
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &signals, &before) == 0 && !has_first_mask) {
        first_mask = before;
        has_first_mask = 1;
    }
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int nestbox_next_process_signal(int descriptor, int *is_hangup) {
    struct signalfd_siginfo received;
    ssize_t count;
    do {
        count = read(descriptor, &received, sizeof received);
    } while (count < 0 && errno == EINTR);
    if (count != sizeof received) return 0;
    *is_hangup = received.ssi_signo == SIGHUP && received.ssi_code == SI_KERNEL;
    return (int)received.ssi_signo;
}

struct start {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const int *kept;
    size_t count;
    sigset_t mask;
    int error;
};

// Runs in the child, in the memory of the parent, whose calling thread waits: as in posix_spawn. All signals are blocked.
static int run_program(void *argument) {
    struct start *start = argument;
    for (size_t i = 0; i < start->count; i++) {
        if (fcntl(start->kept[i], F_SETFD, 0) != 0) goto failed;
    }
    // With a handler of the parent's a signal would run it here as soon as they are not blocked any more. What is ignored stays
    // so, but for SIGPIPE, which the child may want until it is a gateway.
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL) continue;
        if (action.sa_handler == SIG_IGN && number != SIGPIPE) continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
    }
    if (sigprocmask(SIG_SETMASK, &start->mask, NULL) != 0) goto failed;
    execve(start->path, start->arguments, start->environment);
failed:
    start->error = errno;
    _exit(127);
}

int nestbox_start_generation(const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count,
                  int is_sibling, pid_t *process, int *handle) {
    // execve takes little of it.
    const size_t stack_size = 256 << 10;
    char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return errno;
    struct start start = {path, arguments, environment, kept, count, first_mask, 0};
    if (!has_first_mask) sigemptyset(&start.mask);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    *handle = -1;
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | (is_sibling ? CLONE_PARENT : 0);
    *process = clone(run_program, stack + stack_size, flags, &start, handle);
    int error = *process < 0 ? errno : start.error;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, stack_size);
    if (error != 0 && *process > 0) {
        if (!is_sibling) waitpid(*process, NULL, 0);
        if (*handle >= 0) close(*handle);
        *handle = -1;
    }
    return error;
}

void nestbox_signal_process(int handle, pid_t process, int signal) {
    // Sandboxes refuse the call with errors of their own; ESRCH alone says that the process has gone.
    if (handle < 0 || (syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0) != 0 && errno != ESRCH))
        kill(process, signal);
}

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

static ssize_t send_descriptor(int socket, const struct sockaddr_un *address, socklen_t size, const void *text,
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
    return send_descriptor(sender, NULL, 0, &note, 1, descriptor, MSG_DONTWAIT) == 1 ? 0 : -1;
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
    ssize_t sent = sender < 0 ? -1 : send_descriptor(sender, &address, size, "BARRIER=1", 9, ends[1], 0);
    if (sender >= 0) close(sender);
    close(ends[1]);
    // The other end is closed by who gets the message, after those before it.
    struct pollfd state = {.fd = ends[0]};
    int count = sent < 0 ? -1 : poll(&state, 1, timeout_ms);
    close(ends[0]);
    return count == 1 ? 0 : -1;
}

int nestbox_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }
