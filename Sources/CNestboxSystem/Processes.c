#define _GNU_SOURCE
#include "NestboxProcesses.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The mask that the program was started with: set once, by the first thread, before there are others.
static sigset_t first_mask;
static int has_first_mask;

int nestbox_signals(const int *numbers, size_t count) {
    sigset_t signals, before;
    sigemptyset(&signals);
    for (size_t i = 0; i < count; i++) sigaddset(&signals, numbers[i]);
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

int nestbox_next_signal(int descriptor, int *is_hangup) {
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
    const struct nestbox_spawn_options *spawn;
    pid_t parent;
    sigset_t mask;
    int error;
};

// Gives the child its first descriptors, and closes what is not to be kept.
static int arrange(const struct nestbox_spawn_options *spawn) {
    // Above all targets first, so that none is overwritten before it was copied.
    int copies[NESTBOX_SPAWN_DESCRIPTORS];
    unsigned last = 0;
    for (size_t i = 0; i < spawn->descriptor_count; i++) {
        copies[i] = fcntl(spawn->descriptors[i], F_DUPFD_CLOEXEC, NESTBOX_SPAWN_DESCRIPTORS);
        if (copies[i] < 0) return -1;
    }
    for (size_t i = 0; i < spawn->descriptor_count; i++) {
        if (dup2(copies[i], (int)i) < 0) return -1;
        last = (unsigned)i + 1;
    }
    // Without the call, before Linux 5.9, all that this library opens is closed on exec anyway.
    if (last > 0) close_range(last, ~0u, 0);
    for (size_t i = 0; i < spawn->kept_count; i++) {
        if (fcntl(spawn->kept[i], F_SETFD, 0) != 0) return -1;
    }
    return 0;
}

// Runs in the child, in the memory of the parent, whose calling thread waits: as in posix_spawn. All signals are blocked.
static int run_program(void *argument) {
    struct start *start = argument;
    const struct nestbox_spawn_options *spawn = start->spawn;
    if (spawn->leads_session && setsid() < 0) goto failed;
    if (spawn->death_signal != 0) {
        if (prctl(PR_SET_PDEATHSIG, spawn->death_signal) != 0) goto failed;
        // It may have ended before it was asked for.
        if (getppid() != start->parent) _exit(127);
    }
    if (arrange(spawn) != 0) goto failed;
    // With a handler of the parent's a signal would run it here as soon as they are not blocked any more. What is ignored stays
    // so, but for SIGPIPE, which the child may want until it ignores it itself.
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL) continue;
        if (action.sa_handler == SIG_IGN && number != SIGPIPE) continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
    }
    if (sigprocmask(SIG_SETMASK, &start->mask, NULL) != 0) goto failed;
    execve(spawn->path, spawn->arguments, spawn->environment);
failed:
    start->error = errno;
    _exit(127);
}

int nestbox_spawn(const struct nestbox_spawn_options *spawn, pid_t *process, int *handle) {
    if (spawn->descriptor_count > NESTBOX_SPAWN_DESCRIPTORS) return EINVAL;
    // execve takes little of it.
    const size_t stack_size = 256 << 10;
    char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return errno;
    struct start start = {spawn, getpid(), first_mask, 0};
    if (!has_first_mask) sigemptyset(&start.mask);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    *handle = -1;
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | (spawn->is_sibling ? CLONE_PARENT : 0);
    *process = clone(run_program, stack + stack_size, flags, &start, handle);
    int error = *process < 0 ? errno : start.error;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, stack_size);
    if (error != 0 && *process > 0) {
        if (!spawn->is_sibling) waitpid(*process, NULL, 0);
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

int nestbox_child_has_ended(pid_t child) {
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}
