// Searching in bytes, as fast as the C library can.
#ifndef NESTBOX_BYTES_H
#define NESTBOX_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Where `needle` occurs first in `bytes` at or behind `start`; -1 when it does not.
ssize_t nestbox_find(const uint8_t *bytes, size_t count, size_t start, const uint8_t *needle, size_t needle_count);

#endif
