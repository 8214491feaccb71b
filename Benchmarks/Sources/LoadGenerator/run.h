#pragma once
#include "options.h"
#include <stdint.h>

/// What a run found out.
struct findings {
    uint32_t *latencies; // microseconds, one for each right answer
    size_t answers;
    size_t room;
    size_t errors;
    size_t connections;
    double seconds;
    double processorSeconds; // of this program, without gathering and saving visitors
};

struct findings run(const struct options *options);
