#pragma once
#include "options.h"
#include "visitor.h"

/// The bytes of one request; but for a visitor's cookies they are the same for every request of a run.
struct bytes {
    char *start;
    size_t count;
};

struct bytes makeRequest(const struct options *options);

/// Makes `own` the request with this visitor's cookies.
void addCookies(struct bytes *own, const struct bytes *request, const struct visitor *visitor);
