#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "CNestboxSystem.h"

const char *nestbox_called_path(void) { return (const char *)getauxval(AT_EXECFN); }

// Where a relative path of the program starts: the program may go elsewhere before anybody asks.
static char *start_directory;

const char *nestbox_start_directory(void) { return start_directory; }

__attribute__((constructor(101))) static void keep_directory(void) {
    const char *path = nestbox_called_path();
    if (path != NULL && path[0] != '/') start_directory = getcwd(NULL, 0);
}

/// Swift's runtime looks for its own file before `main`, and ends the process where it cannot: where /proc is missing, as in
/// the jails of some hosts. It does not look when it is told a directory.
///
/// This runs before constructors without a priority, among which are the runtime's of a static program.
__attribute__((constructor(101))) static void start_without_proc(void) {
    char first;
    if (readlink("/proc/self/exe", &first, 1) < 0) setenv("SWIFT_ROOT", "/", 0);
}
