// Temporary files without a name, and giving them one; temporary directories.
// Functions return what the system call returns, -1 with errno, unless they say otherwise; EINTR is tried again.
#ifndef NESTBOX_TEMPORARY_FILES_H
#define NESTBOX_TEMPORARY_FILES_H

#include <stdint.h>
#include <sys/types.h>

/// Opens a file of mode 0600 in a directory for reading and writing that has no name, so that it vanishes with its last
/// descriptor (O_TMPFILE); where the file system cannot, it has a name for a moment.
int nestbox_open_temporary(const char *directory);

/// Gives such a file a name, which must not be taken. Fails with EXDEV across file systems, and with ENOENT when the file
/// has had a name that was removed.
int nestbox_link_temporary(int descriptor, const char *path);

/// Makes a file that must not be there, following no link.
int nestbox_create(const char *path, unsigned mode);
int nestbox_remove(const char *path);
int nestbox_rename_path(const char *from, const char *to);

/// Makes a new directory of mode 0700; `template` ends in XXXXXX, which is replaced.
int nestbox_make_temporary_directory(char *template);
/// Removes a directory with all that is in it, following no links.
int nestbox_remove_tree(const char *path);

/// Copies up to `count` bytes from an offset to the place where the other file is at, in the kernel if it can; returns how
/// many, 0 at the end.
ssize_t nestbox_copy(int from, int64_t offset, int to, int64_t to_offset, size_t count);

#endif
