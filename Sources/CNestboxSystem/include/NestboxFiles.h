// Files below a directory, for the file store of sessions and for files that are sent.
// Functions return what the system call returns, -1 with errno, unless they say otherwise; EINTR is tried again.
#ifndef NESTBOX_FILES_H
#define NESTBOX_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// How `nestbox_open_below` opens: always with O_NOFOLLOW, O_CLOEXEC, O_NONBLOCK and O_NOCTTY.
enum {
    NESTBOX_READ,
    NESTBOX_READ_WRITE,
    NESTBOX_CREATE_NEW,
    NESTBOX_OPEN_OR_CREATE,
    NESTBOX_DIRECTORY,
};

/// Opens a directory by its path, which may lead over symbolic links but not be one.
int nestbox_open_directory(const char *path);

/// Opens a file below a directory; no part of the path may be a symbolic link or lead out (openat2, Linux 5.6; on older
/// kernels and where it is forbidden only the last part may not be a link).
int nestbox_open_below(int directory, const char *path, int how, unsigned mode);

/// Opens a directory as a place to start from, over symbolic links.
int nestbox_open_root(const char *path);

/// Opens a file or directory for reading that lies beneath `directory`, without waiting for the other end of a FIFO.
///
/// Symbolic links are followed as long as they are relative and never leave the directory (openat2, Linux 5.6). On older
/// kernels and where it is forbidden this is `nestbox_walk_beneath`.
int nestbox_open_beneath(int directory, const char *path);
/// The same, component by component and over no symbolic link at all.
int nestbox_walk_beneath(int directory, const char *path);

/// Copies the path of an open file, without a zero at its end; returns its length. It needs /proc.
ssize_t nestbox_descriptor_path(int descriptor, char *path, size_t size);

struct nestbox_file_status {
    int64_t size;
    int64_t modified;
    int64_t changed;
    uint32_t changed_nanoseconds;
    uint64_t device;
    uint64_t inode;
    uint32_t owner;
    uint32_t permissions;
    uint64_t links;
    int is_regular;
    int is_directory;
};

int nestbox_file_status(int descriptor, struct nestbox_file_status *status);
/// The same for what an absolute path leads to.
int nestbox_path_status(const char *path, struct nestbox_file_status *status);
/// The same for what a name stands for; a link is not followed.
int nestbox_status_below(int directory, const char *path, struct nestbox_file_status *status);

/// Reads until `count` bytes are there or the file ends; returns how many.
ssize_t nestbox_read_at(int descriptor, void *bytes, size_t count, int64_t offset);
/// Writes all bytes; returns 0.
int nestbox_write_at(int descriptor, const void *bytes, size_t count, int64_t offset);
/// Gives a file its size; what is new reads as zeros and takes no room yet.
int nestbox_set_size(int descriptor, int64_t size);
/// Sets the modification time to a second.
int nestbox_set_modified(int descriptor, int64_t seconds);
int nestbox_set_permissions(int descriptor, unsigned mode);
/// Writes a file's data through to the disk.
int nestbox_sync_data(int descriptor);

/// Waits for the exclusive flock of a file.
int nestbox_lock(int descriptor);
/// Takes it without waiting; EWOULDBLOCK when another has it.
int nestbox_try_lock(int descriptor);
/// Takes the open file description's lock of one byte without waiting; EAGAIN when another has it.
int nestbox_try_lock_byte(int descriptor, int64_t offset);

/// Makes a directory with mode 0700, whatever the umask.
int nestbox_make_directory(int directory, const char *path);
int nestbox_remove_file(int directory, const char *path);
int nestbox_remove_directory(int directory, const char *path);
int nestbox_rename(int directory, const char *from, const char *to);
/// Renames unless the new name is taken, which is EEXIST. Where the file system cannot, it asks before.
int nestbox_rename_new(int directory, const char *from, const char *to);

/// Lists a directory; NULL with errno.
void *nestbox_listing_open(int directory, const char *path);
/// Copies the next name, ended by a zero; returns its length, 0 at the end. `.` and `..` are left out.
int nestbox_listing_next(void *listing, char name[256]);
void nestbox_listing_close(void *listing);

/// The effective user.
uint32_t nestbox_user(void);
/// A path without links and dots, to be freed; NULL with errno.
char *nestbox_real_path(const char *path);

#endif
