#define _GNU_SOURCE
#include "NestboxTemporaryFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY(result, call)  \
    do {                     \
        (result) = (call);   \
    } while ((result) < 0 && errno == EINTR)

int nestbox_open_temporary(const char *directory) {
    int result;
    RETRY(result, open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    // EISDIR: a kernel that does not know the flag.
    if (result >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return result;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/nestbox-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    RETRY(result, mkostemp(path, O_CLOEXEC));
    if (result >= 0) unlink(path);
    return result;
}

int nestbox_link_temporary(int descriptor, const char *path) {
    char source[64];
    snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
    int result;
    RETRY(result, linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
    return result;
}

int nestbox_create(const char *path, unsigned mode) {
    int result;
    RETRY(result, open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    return result;
}

int nestbox_remove(const char *path) { return unlink(path); }

int nestbox_rename_path(const char *from, const char *to) { return rename(from, to); }

ssize_t nestbox_copy(int from, int64_t offset, int to, int64_t to_offset, size_t count) {
    off_t source = (off_t)offset, target = (off_t)to_offset;
    ssize_t result;
    RETRY(result, copy_file_range(from, &source, to, &target, count, 0));
    // Older kernels cannot across file systems, some file systems never can.
    if (result >= 0 || (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)) return result;
    char buffer[16 << 10];
    ssize_t read, written;
    RETRY(read, pread(from, buffer, count < sizeof buffer ? count : sizeof buffer, (off_t)offset));
    if (read <= 0) return read;
    RETRY(written, pwrite(to, buffer, (size_t)read, (off_t)to_offset));
    return written;
}

int nestbox_make_temporary_directory(char *template) { return mkdtemp(template) != NULL ? 0 : -1; }

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    // What is left is told by the directory, which cannot be removed then.
    remove(path);
    return 0;
}

int nestbox_remove_tree(const char *path) { return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }
