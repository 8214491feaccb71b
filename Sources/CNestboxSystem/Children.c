#define _GNU_SOURCE
#include "NestboxChildren.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

int nestbox_terminal_width(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Only what is safe in the child of a process that may have had threads.
static void become(const char *program, char *const arguments[], char *const environment[], const int *descriptors,
                   int count, pid_t parent, int report) {
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    // It may have ended before it was asked for.
    if (getppid() != parent) _exit(127);
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    }
    // Above all targets first, so that none is overwritten before it was copied.
    int copies[16];
    for (int i = 0; i < count; i++) {
        copies[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 16);
        if (copies[i] < 0) goto failed;
    }
    int kept = fcntl(report, F_DUPFD_CLOEXEC, 16 + count);
    if (kept < 0) goto failed;
    report = kept;
    for (int i = 0; i < count; i++) {
        if (dup2(copies[i], i) < 0) goto failed;
    }
    // Without the call, before Linux 5.9, all that this library opens is closed on exec anyway.
    close_range((unsigned)count, (unsigned)report - 1, 0);
    close_range((unsigned)report + 1, ~0u, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program, arguments, environment);
failed:;
    int error = errno;
    (void)!write(report, &error, sizeof error);
    _exit(127);
}

pid_t nestbox_start_child(const char *program, char *const arguments[], char *const environment[], const int *descriptors,
                    int descriptor_count) {
    if (descriptor_count < 0 || descriptor_count > 16) {
        errno = EINVAL;
        return -1;
    }
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(program, arguments, environment, descriptors, descriptor_count, parent, report[1]);
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child > 0) {
        // The pipe ends without a word when the program is executed.
        int failure = 0;
        ssize_t count;
        do {
            count = read(report[0], &failure, sizeof failure);
        } while (count < 0 && errno == EINTR);
        if (count == sizeof failure) {
            nestbox_collect_child(child);
            child = -1;
            error = failure;
        }
    }
    close(report[0]);
    errno = error;
    return child;
}

int nestbox_child_has_ended(pid_t child) {
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

int nestbox_collect_child(pid_t child) {
    int status = 0;
    pid_t result;
    do {
        result = waitpid(child, &status, 0);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int nestbox_supervisor_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    // A shell without job control has the programs in its background ignore SIGINT, and they must end by it all the same.
    int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaddset(&signals, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &signals, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) signal(numbers[i], SIG_DFL);
    // A terminal or a pipe that nobody reads any more must not end it before its children.
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int nestbox_next_supervisor_signal(int descriptor) {
    struct signalfd_siginfo received;
    return read(descriptor, &received, sizeof received) == sizeof received ? (int)received.ssi_signo : -1;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    // What is left is told by the directory, which cannot be removed then.
    remove(path);
    return 0;
}

int nestbox_remove_tree(const char *path) { return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

int nestbox_make_temporary_directory(char *template) { return mkdtemp(template) != NULL ? 0 : -1; }

int nestbox_try_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }
