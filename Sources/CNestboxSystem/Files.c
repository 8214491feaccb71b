#define _GNU_SOURCE
#include "NestboxFiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RETRY(result, call)  \
    do {                     \
        (result) = (call);   \
    } while ((result) < 0 && errno == EINTR)

// The kernel's, which not every libc has.
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif
struct how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};
enum { NO_MAGIC_LINKS = 0x02, NO_SYMLINKS = 0x04, BENEATH = 0x08 };

int nestbox_open_directory(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

int nestbox_open_below(int directory, const char *path, int how, unsigned mode) {
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    switch (how) {
    case NESTBOX_READ: flags |= O_RDONLY; break;
    case NESTBOX_READ_WRITE: flags |= O_RDWR; break;
    case NESTBOX_CREATE_NEW: flags |= O_RDWR | O_CREAT | O_EXCL; break;
    case NESTBOX_OPEN_OR_CREATE: flags |= O_RDWR | O_CREAT; break;
    default: flags |= O_RDONLY | O_DIRECTORY; break;
    }
    struct how full = {(uint64_t)flags, flags & O_CREAT ? mode : 0, NO_MAGIC_LINKS | NO_SYMLINKS | BENEATH};
    int result;
    // EAGAIN: something was renamed meanwhile, so that the kernel could not tell.
    do {
        result = (int)syscall(SYS_openat2, directory, path, &full, sizeof full);
    } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    if (result >= 0 || (errno != ENOSYS && errno != EPERM)) return result;
    RETRY(result, openat(directory, path, flags, mode));
    return result;
}

int nestbox_open_root(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int nestbox_walk_beneath(int directory, const char *path) {
    int current = directory;
    while (1) {
        size_t length = strcspn(path, "/");
        char name[256];
        if (length == 0 || length >= sizeof name || strspn(path, ".") == length) {
            errno = length >= sizeof name ? ENAMETOOLONG : ENOENT;
            break;
        }
        memcpy(name, path, length);
        name[length] = 0;
        int isLast = path[length] == 0;
        int flags = isLast ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY;
        int next;
        RETRY(next, openat(current, name, flags | O_NOFOLLOW | O_CLOEXEC));
        if (next < 0) break;
        if (current != directory) close(current);
        if (isLast) return next;
        current = next;
        path += length + 1;
    }
    int error = errno;
    if (current != directory) close(current);
    errno = error;
    return -1;
}

int nestbox_open_beneath(int directory, const char *path) {
    struct how full = {O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0, NO_MAGIC_LINKS | BENEATH};
    int result;
    int tries = 0;
    // EAGAIN: something was renamed while a link with .. was followed, so that the kernel could not tell.
    do {
        result = (int)syscall(SYS_openat2, directory, path, &full, sizeof full);
    } while (result < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 64)));
    if (result >= 0 || (errno != ENOSYS && errno != EPERM)) return result;
    return nestbox_walk_beneath(directory, path);
}

ssize_t nestbox_descriptor_path(int descriptor, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, size);
    if (length == (ssize_t)size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return length;
}

static void copy(const struct stat *from, struct nestbox_file_status *to) {
    to->size = from->st_size;
    to->modified = from->st_mtim.tv_sec;
    to->changed = from->st_ctim.tv_sec;
    to->changed_nanoseconds = (uint32_t)from->st_ctim.tv_nsec;
    to->device = from->st_dev;
    to->inode = from->st_ino;
    to->owner = from->st_uid;
    to->permissions = from->st_mode & 07777;
    to->links = from->st_nlink;
    to->is_regular = S_ISREG(from->st_mode);
    to->is_directory = S_ISDIR(from->st_mode);
}

int nestbox_file_status(int descriptor, struct nestbox_file_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) != 0) return -1;
    copy(&found, status);
    return 0;
}

int nestbox_path_status(const char *path, struct nestbox_file_status *status) {
    struct stat found;
    if (stat(path, &found) != 0) return -1;
    copy(&found, status);
    return 0;
}

int nestbox_status_below(int directory, const char *path, struct nestbox_file_status *status) {
    struct stat found;
    if (fstatat(directory, path, &found, AT_SYMLINK_NOFOLLOW) != 0) return -1;
    copy(&found, status);
    return 0;
}

ssize_t nestbox_read_at(int descriptor, void *bytes, size_t count, int64_t offset) {
    size_t done = 0;
    while (done < count) {
        ssize_t read = pread(descriptor, (char *)bytes + done, count - done, (off_t)(offset + (int64_t)done));
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) return -1;
        if (read == 0) break;
        done += (size_t)read;
    }
    return (ssize_t)done;
}

int nestbox_write_at(int descriptor, const void *bytes, size_t count, int64_t offset) {
    size_t done = 0;
    while (done < count) {
        ssize_t written = pwrite(descriptor, (const char *)bytes + done, count - done, (off_t)(offset + (int64_t)done));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -1;
        if (written == 0) {
            errno = ENOSPC;
            return -1;
        }
        done += (size_t)written;
    }
    return 0;
}

int nestbox_set_size(int descriptor, int64_t size) {
    int result;
    RETRY(result, ftruncate(descriptor, (off_t)size));
    return result;
}

int nestbox_set_modified(int descriptor, int64_t seconds) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)seconds}};
    return futimens(descriptor, times);
}

int nestbox_set_permissions(int descriptor, unsigned mode) { return fchmod(descriptor, mode); }

int nestbox_sync_data(int descriptor) {
    int result;
    RETRY(result, fdatasync(descriptor));
    return result;
}

int nestbox_lock(int descriptor) {
    int result;
    RETRY(result, flock(descriptor, LOCK_EX));
    return result;
}

int nestbox_try_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int nestbox_try_lock_byte(int descriptor, int64_t offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
    int result;
    RETRY(result, fcntl(descriptor, F_OFD_SETLK, &lock));
    if (result < 0 && errno == EACCES) errno = EAGAIN;
    return result;
}

int nestbox_make_directory(int directory, const char *path) {
    if (mkdirat(directory, path, 0700) != 0) return -1;
    return fchmodat(directory, path, 0700, 0);
}

int nestbox_remove_file(int directory, const char *path) { return unlinkat(directory, path, 0); }

int nestbox_remove_directory(int directory, const char *path) { return unlinkat(directory, path, AT_REMOVEDIR); }

int nestbox_rename(int directory, const char *from, const char *to) { return renameat(directory, from, directory, to); }

int nestbox_rename_new(int directory, const char *from, const char *to) {
    int result = (int)syscall(SYS_renameat2, directory, from, directory, to, RENAME_NOREPLACE);
    if (result == 0 || (errno != EINVAL && errno != ENOSYS)) return result;
    struct stat taken;
    if (fstatat(directory, to, &taken, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(directory, from, directory, to);
}

void *nestbox_listing_open(int directory, const char *path) {
    int descriptor = nestbox_open_below(directory, path, NESTBOX_DIRECTORY, 0);
    if (descriptor < 0) return NULL;
    DIR *listing = fdopendir(descriptor);
    if (listing == NULL) {
        int error = errno;
        close(descriptor);
        errno = error;
    }
    return listing;
}

int nestbox_listing_next(void *listing, char name[256]) {
    struct dirent *entry;
    while ((entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        size_t length = strnlen(entry->d_name, 255);
        memcpy(name, entry->d_name, length);
        name[length] = 0;
        return (int)length;
    }
    return 0;
}

void nestbox_listing_close(void *listing) { closedir(listing); }

uint32_t nestbox_user(void) { return geteuid(); }

char *nestbox_real_path(const char *path) { return realpath(path, NULL); }
