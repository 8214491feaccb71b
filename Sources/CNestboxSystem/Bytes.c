#define _GNU_SOURCE
#include "NestboxBytes.h"

#include <string.h>

ssize_t nestbox_find(const uint8_t *bytes, size_t count, size_t start, const uint8_t *needle, size_t needle_count) {
    if (start >= count) return -1;
    const uint8_t *found = memmem(bytes + start, count - start, needle, needle_count);
    return found ? found - bytes : -1;
}
