#pragma once
#include "options.h"

/// The bytes of one request; they are the same for every request of a run.
struct bytes {
    char *start;
    size_t count;
};

struct bytes makeRequest(const struct options *options);
